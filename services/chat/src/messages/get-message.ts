import type { Input, Message, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { assertReader } from '../core/access.ts';
import { readTarget } from '../core/change-message.ts';
import { toMessage } from '../core/to-message.ts';

export const getMessage = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  place: Input<typeof chatRest.getMessage>,
): Promise<Message> => {
  await assertReader(db, place.chatId, userId);
  return toMessage(await readTarget(db, userId, place), userId);
};
