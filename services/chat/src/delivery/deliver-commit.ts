import type { Logger } from '@taar/kit/logger';
import type { Server } from 'socket.io';
import type { Change, Commit } from '../core/commit.ts';
import { userRoom } from '../core/room-names.ts';
import type { Room, Rooms } from './rooms.ts';

/**
 * Fans a commit out to the sockets of this node: every change goes to the chat's room, which holds
 * the members under the commit's epoch or a later one.
 */
export const createDeliverCommit =
  (io: Server, rooms: Rooms, logger: Logger) =>
  async ({ chatId, memberEpoch, changes, joined, versions = {} }: Commit): Promise<void> => {
    for (const [userId, userVer] of Object.entries(versions))
      io.local.to(userRoom(userId)).emit('my_state_updated', { userVer, chatId });
    try {
      const room = await rooms.at(chatId, memberEpoch, joined);
      if (room) for (const change of changes) emitChange(io, room, chatId, change);
    } catch (error) {
      // A room that could not be read again may hold removed members. Clients find the gap.
      logger.warn('A change could not be delivered.', { chatId, error });
    }
  };

const emitChange = (io: Server, room: Room, chatId: string, change: Change) => {
  const { event, payload, changeSeq, seq, own, onlyFor, exceptSocket } = change;
  const except = exceptSocket ? [exceptSocket] : [];
  if (own) io.local.to(userRoom(own.userId)).except(except).emit(event, own.payload);
  if (onlyFor) {
    if (!own) io.local.to(userRoom(onlyFor)).emit(event, payload);
    return;
  }
  const others = io.local.to(room.name).except([...except, ...(own ? [userRoom(own.userId)] : [])]);
  // A member in the room joined after this message and must not see it; the others sync.
  if (seq !== undefined && seq < room.highestJoinedSeq)
    others.emit('chat_changed', { chatId, changeSeq });
  else others.emit(event, payload);
};
