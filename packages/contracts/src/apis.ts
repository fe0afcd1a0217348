import { authRest } from './auth.ts';
import { chatRest } from './chat/rest.ts';
import { mediaRest } from './media.ts';
import type { Api } from './operation.ts';
import { statusRest } from './status.ts';
import { userRest } from './user.ts';

/** Every operation, by its service. */
export const apis = {
  auth: authRest,
  chat: chatRest,
  user: userRest,
  media: mediaRest,
  status: statusRest,
} satisfies Record<string, Api>;
