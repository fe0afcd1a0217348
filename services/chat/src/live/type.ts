import type { Input, chatSocket } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Socket } from 'socket.io';
import type { Deps } from '../deps.ts';
import { chatNotFound } from '../members/access.ts';

type Body = Input<typeof chatSocket.typing_start>;

export const startTyping = async (
  { typing }: Pick<Deps, 'typing'>,
  { userId }: Actor,
  { chatId, kind = 'text' }: Body,
  socket: Socket,
) => {
  const isMember = await typing.start(socket, { userId, chatId, kind, socketId: socket.id });
  if (!isMember) throw chatNotFound();
  return { expiresInMs: typing.expiresInMs };
};

export const stopTyping = (
  { typing }: Pick<Deps, 'typing'>,
  { userId }: Actor,
  { chatId }: Body,
) => {
  typing.stop(userId, chatId);
  return { expiresInMs: typing.expiresInMs };
};
