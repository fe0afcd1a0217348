import type { ClosingReason } from '@taar/contracts';
import type { Actor, Authenticated } from '@taar/kit/auth';
import type { SocketCaller } from '@taar/kit/socket';
import type { Server, Socket } from 'socket.io';
import { sessionRoom, userRoom } from '../core/room-names.ts';
import { type Opening, createClock, isOlder } from './socket-order.ts';

const expiryNoticeMs = 60_000;
/** Reasons after which the client should reconnect. */
const reconnectReasons = new Set<ClosingReason>([
  'token_expired',
  'server_draining',
  'rate_limited',
]);

/** Announces to the client that its socket will be closed. */
export const emitClosing = (socket: Socket, reason: ClosingReason, retryAfterMs?: number) => {
  socket.emit('closing', {
    reason,
    reconnect: reconnectReasons.has(reason),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
};

/** Closes a socket. After a Socket.io disconnect the client library does not reconnect. */
export const closeSocket = (socket: Socket, reason: ClosingReason, retryAfterMs?: number) => {
  emitClosing(socket, reason, retryAfterMs);
  if (reconnectReasons.has(reason)) socket.conn.close();
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

export type Activity = 'active' | 'background';
type Lease = { userId: string; sessionId: string; socketId: string };
type Timers = { notice?: NodeJS.Timeout; end?: NodeJS.Timeout };

/** Closes each socket when its token expires, and announces it a minute before. */
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
          // Not in the first half of its life: a new short token would cause the next notice.
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
type Replaced = Opening & { sessionId: string; activity: Activity };

/**
 * Opens sockets of a session. A socket replaces older ones of the same activity on all nodes: an
 * app in the foreground and its notification extension in the background both stay.
 */
export const createSessionSockets = (
  io: Server,
  rooms: { joinChats: (socketId: string, userId: string) => Promise<void> },
  expiry: Expiry,
  presence: { beat: (lease: Lease, activity: Activity) => void },
) => {
  const clock = createClock();
  const openings = new WeakMap<Socket, Opening & { activity: Activity }>();
  const replaceOlder = ({ sessionId, activity, ...newest }: Replaced) =>
    closeSession(io, sessionId, 'replaced', (socket) => {
      const opening = openings.get(socket)!;
      return opening.activity === activity && isOlder(opening, newest);
    });
  io.on(replacedEvent, (replaced: Replaced) => {
    clock.hear(replaced.at);
    replaceOlder(replaced);
  });

  const replace = (socket: Socket, sessionId: string) => {
    const replaced = { sessionId, ...openings.get(socket)! };
    replaceOlder(replaced);
    io.serverSideEmit(replacedEvent, replaced);
  };

  /** Takes the activity that the client reports. The foreground has one socket of a session. */
  const setActivity = (socket: Socket, actor: Actor, activity: Activity) => {
    const opening = openings.get(socket);
    if (opening && opening.activity !== activity) {
      openings.set(socket, { ...opening, activity, at: clock.next() });
      if (activity === 'active') replace(socket, actor.sessionId);
    }
    presence.beat({ ...actor, socketId: socket.id }, activity);
  };

  const open = async (
    socket: Socket,
    caller: SocketCaller,
    actor: Authenticated,
    state?: Activity,
  ) => {
    // A socket that disconnected during the check must not replace a newer one.
    if (!socket.connected) return;
    const isNew = caller.actor === null;
    caller.actor = { ...actor, socketId: socket.id };
    expiry.renew(socket, actor.tokenExpiresAt);
    if (!isNew) {
      if (state) setActivity(socket, actor, state);
      return;
    }
    const activity = state ?? 'active';
    // Set in the same tick as the room, so that a newer socket of another node finds and closes it.
    openings.set(socket, { socketId: socket.id, at: clock.next(), activity });
    void socket.join([userRoom(actor.userId), sessionRoom(actor.sessionId)]);
    replace(socket, actor.sessionId);
    await rooms.joinChats(socket.id, actor.userId);
    // A socket that disconnected by now has ended its lease; a beat would start another one.
    if (socket.connected) presence.beat({ ...actor, socketId: socket.id }, activity);
  };

  return { open, setActivity };
};
export type SessionSockets = ReturnType<typeof createSessionSockets>;
