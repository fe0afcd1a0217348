import type { ChatDb } from '@taar/db';
import type { Server, Socket } from 'socket.io';
import { chatRoom, userRoom, viewRoom } from '../core/room-names.ts';

/** A chat as this node knows it: the epoch of its room, and the latest arrival in it. */
export type Room = { name: string; epoch: number; highestJoinedSeq: number };
type Membership = { chatId: string; memberEpoch: number; joinedSeq: number };

/**
 * Puts sockets into rooms named after a chat and its membership epoch. Whoever is removed stays
 * behind in a dead room, even if every command to leave is lost; the rest are moved to the living
 * one by reading the membership again before the first delivery under a new epoch.
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
      SELECT m.user_id AS "userId", c.member_epoch AS epoch, m.joined_seq AS "joinedSeq"
      FROM chats c JOIN chat_members m ON m.chat_id = c.id AND m.left_at IS NULL
      WHERE c.id = ${chatId}::uuid`;
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

  /** Reads the membership again; reads that are asked for meanwhile share one more. */
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

  const place = async (socket: Socket, { chatId, memberEpoch, joinedSeq }: Membership) => {
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
    /** Joins every chat of a user. The caller has put the socket into its user room before. */
    joinChats: async (socketId: string, userId: string) => {
      const socket = io.of('/').sockets.get(socketId);
      if (!socket) return;
      const memberships = await db.$queryRaw<
        { chatId: string; memberEpoch: number; joinedSeq: bigint }[]
      >`
        SELECT m.chat_id AS "chatId", c.member_epoch AS "memberEpoch", m.joined_seq AS "joinedSeq"
        FROM chat_members m JOIN chats c ON c.id = m.chat_id
        WHERE m.user_id = ${userId}::uuid AND m.left_at IS NULL`;
      for (const membership of memberships) {
        // A socket that is gone would leave its rooms no more.
        if (!socket.connected) return;
        await place(socket, { ...membership, joinedSeq: Number(membership.joinedSeq) });
      }
    },

    /**
     * The room to deliver to under `epoch`; null where nobody of the chat is connected here. A
     * room of a later epoch is right too: it holds nobody who was removed.
     */
    at: async (chatId: string, epoch: number, joined: string[] = []): Promise<Room | null> => {
      const known = rooms.get(chatId);
      const arrivals = joined.some((userId) => adapter.rooms.has(userRoom(userId)));
      if (!known && !arrivals) return null;
      return known && known.epoch >= epoch && !arrivals ? known : reload(chatId);
    },

    /** The room as this node knows it, without asking: good enough for what may be lost. */
    known: (chatId: string): Room | undefined => rooms.get(chatId),
  };
};
export type Rooms = ReturnType<typeof createRooms>;
