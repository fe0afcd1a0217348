import type { ClosingReason } from '@taar/contracts';
import type { Authenticated } from '@taar/kit/auth';
import type { SocketCaller } from '@taar/kit/socket';
import type { Server, Socket } from 'socket.io';
import { sessionRoom, userRoom } from '../core/room-names.ts';
import { type Opening, createClock, isOlder } from './socket-order.ts';

const expiryNoticeMs = 60_000;
/** Reasons after which the client should come back by itself. */
const comesBack = new Set<ClosingReason>(['token_expired', 'server_draining', 'rate_limited']);

/** Tells a socket that it will be closed, and why. */
export const tellClosing = (socket: Socket, reason: ClosingReason, retryAfterMs?: number) => {
  socket.emit('closing', {
    reason,
    reconnect: comesBack.has(reason),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
};

/** Tells a socket why, and closes it so that its client does or does not come back. */
export const closeSocket = (socket: Socket, reason: ClosingReason, retryAfterMs?: number) => {
  tellClosing(socket, reason, retryAfterMs);
  if (comesBack.has(reason)) socket.conn.close();
  else socket.disconnect(true);
};

export const closeSession = (
  io: Server,
  sessionId: string,
  reason: ClosingReason,
  which: (socket: Socket) => boolean = () => true,
) => {
  for (const id of io.of('/').adapter.rooms.get(sessionRoom(sessionId)) ?? []) {
    const socket = io.of('/').sockets.get(id);
    if (socket && which(socket)) closeSocket(socket, reason);
  }
};

type Activity = 'active' | 'background';
type Lease = { userId: string; sessionId: string; socketId: string };
type Timers = { notice?: NodeJS.Timeout; end?: NodeJS.Timeout };

/** Lets a socket live as long as its token: a notice before the end, then the end. */
export const createExpiry = () => {
  const timers = new WeakMap<Socket, Timers>();
  return {
    renew: (socket: Socket, expiresAt: Date) => {
      const left = expiresAt.getTime() - Date.now();
      const old = timers.get(socket);
      clearTimeout(old?.notice);
      clearTimeout(old?.end);
      timers.set(socket, {
        notice: setTimeout(
          () => socket.emit('auth_expiring', { expiresAt: expiresAt.toISOString() }),
          // No sooner than half-way: the answer to it would be the next notice.
          Math.max(0, left / 2, left - expiryNoticeMs),
        ),
        end: setTimeout(() => closeSocket(socket, 'token_expired'), Math.max(0, left)),
      });
    },
    forget: (socket: Socket) => {
      const old = timers.get(socket);
      clearTimeout(old?.notice);
      clearTimeout(old?.end);
    },
  };
};
export type Expiry = ReturnType<typeof createExpiry>;

const replacedEvent = 'replaced';
type Replaced = Opening & { sessionId: string };

/** Opens sockets for their session: the newest one replaces the others, on every node. */
export const createOpenSocket = (
  io: Server,
  rooms: { joinChats: (socketId: string, userId: string) => Promise<void> },
  expiry: Expiry,
  presence: { beat: (lease: Lease, activity: Activity) => void },
) => {
  const clock = createClock();
  const places = new WeakMap<Socket, Opening>();
  const replace = ({ sessionId, ...newest }: Replaced) =>
    closeSession(io, sessionId, 'replaced', (socket) => isOlder(places.get(socket)!, newest));
  io.on(replacedEvent, (replaced: Replaced) => {
    clock.hear(replaced.at);
    replace(replaced);
  });

  return async (socket: Socket, session: SocketCaller, actor: Authenticated, state?: Activity) => {
    // Gone while its token was checked, it must not replace the socket that came after it.
    if (!socket.connected) return;
    const isNew = session.actor === null;
    session.actor = { ...actor, socketId: socket.id };
    const beat = (now: Activity) => presence.beat({ ...actor, socketId: socket.id }, now);
    expiry.renew(socket, actor.tokenExpiresAt);
    if (!isNew) {
      if (state) beat(state);
      return;
    }
    // Placed and known in one step, or another node's word of a newer one would pass it by.
    const place = { socketId: socket.id, at: clock.next() };
    places.set(socket, place);
    void socket.join([userRoom(actor.userId), sessionRoom(actor.sessionId)]);
    replace({ sessionId: actor.sessionId, ...place });
    io.serverSideEmit(replacedEvent, { sessionId: actor.sessionId, ...place });
    await rooms.joinChats(socket.id, actor.userId);
    // Whoever left meanwhile would not leave again.
    if (socket.connected) beat(state ?? 'active');
  };
};
export type OpenSocket = ReturnType<typeof createOpenSocket>;
