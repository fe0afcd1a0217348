import type { Input, Message, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { assertReader } from '../core/access.ts';
import { readTarget } from '../core/change-message.ts';
import { toMessage } from '../core/to-message.ts';
import type { Deps } from '../deps.ts';

export const getMessage = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  key: Input<typeof chatRest.getMessage>,
): Promise<Message> => {
  await assertReader(db, key.chatId, userId);
  return toMessage(await readTarget(db, userId, key), userId);
};
