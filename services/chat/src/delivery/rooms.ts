import type { ChatDb } from '@taar/db';
import type { Server, Socket } from 'socket.io';
import { chatRoom, userRoom, viewRoom } from '../core/room-names.ts';

/** The room of a chat on this node. `highestJoinedSeq` is that of its newest member. */
export type Room = { name: string; epoch: number; highestJoinedSeq: number };
type Membership = { chatId: string; memberEpoch: number; joinedSeq: number };

/**
 * Keeps sockets in rooms named after a chat and its membership epoch. Before the first delivery
 * under a new epoch the members are read again and moved to its room. A removed member stays in the
 * old room, to which nothing is emitted, even if the command to leave it was lost.
 */
export const createRooms = (io: Server, db: ChatDb) => {
  const rooms = new Map<string, Room>();
  const reloading = new Map<string, Promise<Room>>();
  const adapter = io.of('/').adapter;

  adapter.on('delete-room', (name: string) => {
    const [kind, chatId] = name.split(':');
    if (kind === 'chat' && rooms.get(chatId!)?.name === name) rooms.delete(chatId!);
  });

  const socketsIn = (name: string) =>
    [...(adapter.rooms.get(name) ?? [])].flatMap((id) => io.of('/').sockets.get(id) ?? []);

  const moveViewers = (from: string, to: string, allowed: Set<Socket>) => {
    for (const socket of socketsIn(from)) {
      if (from !== to || !allowed.has(socket)) void socket.leave(from);
      if (allowed.has(socket)) void socket.join(to);
    }
  };

  const read = async (chatId: string): Promise<Room> => {
    const members = await db.$queryRaw<{ userId: string; epoch: number; joinedSeq: bigint }[]>`
      SELECT
        member.user_id AS "userId",
        chat.member_epoch AS epoch,
        member.joined_seq AS "joinedSeq"
      FROM chats chat
      JOIN chat_members member ON member.chat_id = chat.id
        AND member.left_at IS NULL
      WHERE chat.id = ${chatId}::uuid`;
    const epoch = members[0]?.epoch ?? -1;
    const room: Room = { name: chatRoom(chatId, epoch), epoch, highestJoinedSeq: 0 };
    const old = rooms.get(chatId);
    if (old && old.epoch > epoch && epoch !== -1) return old;
    const here = members.flatMap(({ userId, joinedSeq }) => {
      const sockets = socketsIn(userRoom(userId));
      if (sockets.length > 0)
        room.highestJoinedSeq = Math.max(room.highestJoinedSeq, Number(joinedSeq));
      return sockets;
    });
    const allowed = new Set(here);
    rooms.set(chatId, room);
    for (const socket of old ? socketsIn(old.name) : [])
      if (old!.name !== room.name || !allowed.has(socket)) void socket.leave(old!.name);
    for (const socket of here) void socket.join(room.name);
    if (old) moveViewers(viewRoom(chatId, old.epoch), viewRoom(chatId, epoch), allowed);
    if (here.length === 0) rooms.delete(chatId);
    return room;
  };

  /** Reads the members again. Calls during a read share the next one. */
  const reload = (chatId: string): Promise<Room> => {
    const running = reloading.get(chatId);
    const next = (running ? running.catch(() => undefined) : Promise.resolve()).then(() =>
      read(chatId),
    );
    reloading.set(chatId, next);
    const forget = () => {
      if (reloading.get(chatId) === next) reloading.delete(chatId);
    };
    next.then(forget, forget);
    return next;
  };

  const joinRoom = async (socket: Socket, { chatId, memberEpoch, joinedSeq }: Membership) => {
    const known = rooms.get(chatId);
    if (known && known.epoch !== memberEpoch) {
      await reload(chatId);
      return;
    }
    const room = known ?? {
      name: chatRoom(chatId, memberEpoch),
      epoch: memberEpoch,
      highestJoinedSeq: 0,
    };
    room.highestJoinedSeq = Math.max(room.highestJoinedSeq, joinedSeq);
    rooms.set(chatId, room);
    await socket.join(room.name);
  };

  return {
    /** Joins a socket to all chats of its user. It must be in its user room already. */
    joinChats: async (socketId: string, userId: string) => {
      const socket = io.of('/').sockets.get(socketId);
      if (!socket) return;
      const memberships = await db.$queryRaw<
        { chatId: string; memberEpoch: number; joinedSeq: bigint }[]
      >`
        SELECT
          member.chat_id AS "chatId",
          chat.member_epoch AS "memberEpoch",
          member.joined_seq AS "joinedSeq"
        FROM chat_members member
        JOIN chats chat ON chat.id = member.chat_id
        WHERE member.user_id = ${userId}::uuid
          AND member.left_at IS NULL`;
      for (const membership of memberships) {
        // A disconnected socket would stay in the rooms that it joins now.
        if (!socket.connected) return;
        await joinRoom(socket, { ...membership, joinedSeq: Number(membership.joinedSeq) });
      }
    },

    /**
     * The room to deliver to under `epoch`; null if no member is connected to this node. A room of
     * a later epoch is right, too: it has no removed member.
     */
    at: async (chatId: string, epoch: number, joined: string[] = []): Promise<Room | null> => {
      const known = rooms.get(chatId);
      const arrivals = joined.some((userId) => adapter.rooms.has(userRoom(userId)));
      if (!known && !arrivals) return null;
      return known && known.epoch >= epoch && !arrivals ? known : reload(chatId);
    },

    /** The room without a check of its epoch, for events that may be lost. */
    known: (chatId: string): Room | undefined => rooms.get(chatId),
  };
};
export type Rooms = ReturnType<typeof createRooms>;
