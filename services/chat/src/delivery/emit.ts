import type { Server } from 'socket.io';
import type { Emit } from '../core/emit.ts';

/** Emits through Socket.io's adapter, which reaches the rooms' sockets on every node. */
export const createEmit =
  (io: Server): Emit =>
  (event, { rooms, except = [] }, payload) => {
    if (rooms.length > 0) io.to(rooms).except(except).emit(event, payload);
  };
