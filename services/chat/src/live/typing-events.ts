import type { Input, clientEvents } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Socket } from 'socket.io';
import type { Deps } from '../deps.ts';
import { assertMember } from '../core/access.ts';

type Body = Input<typeof clientEvents.typing_start>;

export const startTyping = async (
  { db, typing }: Pick<Deps, 'db' | 'typing'>,
  { userId }: Actor,
  { chatId, kind = 'text' }: Body,
  socket: Socket,
) => {
  const isTold = await typing.start(socket, { userId, chatId, kind, socketId: socket.id });
  // Says why; a member whose socket is not in the room yet is told by nobody, and that is all.
  if (!isTold) await assertMember(db, chatId, userId);
  return { expiresInMs: typing.expiresInMs };
};

export const stopTyping = async (
  { typing }: Pick<Deps, 'typing'>,
  { userId }: Actor,
  { chatId }: Body,
) => {
  await typing.stop(userId, chatId);
  return { expiresInMs: typing.expiresInMs };
};
