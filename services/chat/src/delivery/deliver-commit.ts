import type { Logger } from '@taar/kit/logger';
import type { Server } from 'socket.io';
import type { Change, Commit } from '../core/commit.ts';
import { userRoom } from '../core/room-names.ts';
import type { Room, Rooms } from './rooms.ts';

const emitChange = (io: Server, room: Room, chatId: string, change: Change) => {
  const { event, payload, changeSeq, seq, own, onlyFor, exceptSocket } = change;
  const except = exceptSocket ? [exceptSocket] : [];
  if (own) io.local.to(userRoom(own.userId)).except(except).emit(event, own.payload);
  if (onlyFor) {
    if (!own) io.local.to(userRoom(onlyFor)).emit(event, payload);
    return;
  }
  const others = io.local.to(room.name).except([...except, ...(own ? [userRoom(own.userId)] : [])]);
  // History before joining stays closed: whoever may see it fetches it.
  if (seq !== undefined && seq < room.highestJoinedSeq)
    others.emit('chat_changed', { chatId, changeSeq });
  else others.emit(event, payload);
};

/** Tells the sockets of this node what a commit changed. */
export const createDeliverCommit =
  (io: Server, rooms: Rooms, logger: Logger) =>
  async ({ chatId, memberEpoch, changes, joined, versions = {} }: Commit): Promise<void> => {
    for (const [userId, userVer] of Object.entries(versions))
      io.local.to(userRoom(userId)).emit('my_state_updated', { userVer, chatId });
    try {
      const room = await rooms.at(chatId, memberEpoch, joined);
      if (room) for (const change of changes) emitChange(io, room, chatId, change);
    } catch (error) {
      // Nobody is told rather than somebody who may have been removed; clients find the gap.
      logger.warn('a change was not delivered', { chatId, error });
    }
  };
