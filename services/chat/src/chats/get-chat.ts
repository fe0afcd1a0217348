import type { Chat, Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { readChat } from '../core/read-chats.ts';

export const getChat = (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { chatId }: Input<typeof chatRest.getChat>,
): Promise<Chat> => readChat(db, userId, chatId);
