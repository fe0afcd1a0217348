import type { Body, Chat, Input, Presence, clientEvents } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Socket } from 'socket.io';
import { readChat } from '../core/read-chats.ts';
import type { Deps } from '../deps.ts';
import { assertMember } from '../core/access.ts';

export const joinChat = async (
  {
    db,
    rooms,
    views,
    typing,
    presence,
  }: Pick<Deps, 'db' | 'rooms' | 'views' | 'typing' | 'presence'>,
  { userId, deviceId }: Actor,
  { chatId, changeSeq }: Input<typeof clientEvents.join_chat>,
  socket: Socket,
): Promise<Body<typeof clientEvents.join_chat>> => {
  await assertMember(db, chatId, userId);
  const chat = await readChat(db, userId, chatId);
  const room = await rooms.at(chatId, chat.memberEpoch, [userId]);
  if (room && socket.rooms.has(room.name)) views.open(socket, deviceId, chatId, room.epoch);
  return {
    chat,
    ...(await presenceOf(presence, chat)),
    typing: await typing.list(userId, chatId),
    behind: Math.max(0, chat.changeSeq - (changeSeq ?? chat.changeSeq)),
  };
};

/** The database decides what the caller may see; the lease in Redis whether the peer is online. */
const presenceOf = async (
  presence: Deps['presence'],
  { peer }: Chat,
): Promise<{ presence?: Presence }> => {
  if (!peer) return {};
  if (peer.presence.online === null) return { presence: peer.presence };
  const online = await presence.online([peer.id]).catch(() => null);
  return { presence: { ...peer.presence, online: online?.has(peer.id) ?? peer.presence.online } };
};
