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
  const isStarted = await typing.start(socket, { userId, chatId, kind, socketId: socket.id });
  // Rejects a caller who is no member. A socket that has yet to join the room gets no error.
  if (!isStarted) await assertMember(db, chatId, userId);
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
