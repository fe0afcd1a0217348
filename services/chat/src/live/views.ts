import { sizes } from '@taar/contracts';
import type { Redis } from 'ioredis';
import type { Server, Socket } from 'socket.io';
import { viewRoom } from '../core/room-names.ts';

const keptMs = 60_000;

type Viewer = { deviceId: string; socketId: string };

/**
 * The chats that are open on a socket. The socket is in their view rooms, and a key in Redis keeps
 * its device from getting pushes for them.
 */
export const createViews = ({
  io,
  redis,
  prefix,
}: {
  io: Server;
  redis: Redis;
  prefix: string;
}) => {
  const open = new WeakMap<Socket, string[]>();
  const keyOf = (deviceId: string) => `${prefix}:view:${deviceId}`;

  const store = (deviceId: string, chatIds: string[]) => {
    const key = keyOf(deviceId);
    const writing =
      chatIds.length > 0 ? redis.set(key, chatIds.join(), 'PX', keptMs) : redis.del(key);
    // A lost key causes one extra push.
    writing.catch(() => undefined);
  };

  const leaveRooms = (socket: Socket, chatId: string) => {
    for (const room of socket.rooms)
      if (room.startsWith(`view:${chatId}:`)) void socket.leave(room);
  };

  return {
    open: (socket: Socket, deviceId: string, chatId: string, epoch: number) => {
      const others = (open.get(socket) ?? []).filter((id) => id !== chatId);
      const dropped = others.length >= sizes.openChats ? others.shift() : undefined;
      if (dropped !== undefined) leaveRooms(socket, dropped);
      open.set(socket, [...others, chatId]);
      void socket.join(viewRoom(chatId, epoch));
      store(deviceId, [...others, chatId]);
    },
    close: (socket: Socket, deviceId: string, chatId: string) => {
      leaveRooms(socket, chatId);
      const left = (open.get(socket) ?? []).filter((id) => id !== chatId);
      open.set(socket, left);
      store(deviceId, left);
    },
    /** Keeps the key alive. A device in the background has no open chat. */
    renew: ({ deviceId, socketId }: Viewer, isActive: boolean) => {
      const socket = io.of('/').sockets.get(socketId);
      const chatIds = socket && open.get(socket);
      if (chatIds?.length) store(deviceId, isActive ? chatIds : []);
    },
    leave: (socket: Socket, deviceId: string) => {
      if (open.get(socket)?.length) store(deviceId, []);
    },
    /** The open chats of each of these devices. */
    read: async (deviceIds: string[]): Promise<Map<string, string[]>> => {
      if (deviceIds.length === 0) return new Map();
      const values = await redis.mget(deviceIds.map(keyOf));
      return new Map(deviceIds.map((id, i) => [id, values[i]?.split(',') ?? []]));
    },
  };
};
export type Views = ReturnType<typeof createViews>;
