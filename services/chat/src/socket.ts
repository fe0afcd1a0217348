import type { Authenticated } from '@taar/kit/auth';
import { type Input, type WireError, clientEvents } from '@taar/contracts';
import { parse } from '@taar/kit/edge';
import { toWireError } from '@taar/kit/errors';
import { type SocketCaller, serveEvents } from '@taar/kit/socket';
import type { Socket } from 'socket.io';
import type { Deps } from './deps.ts';
import { authenticate, checkProof, readHello } from './live/authenticate.ts';
import { heartbeat } from './live/heartbeat.ts';
import { joinChat } from './live/join-chat.ts';
import { leaveChat } from './live/leave-chat.ts';
import { closeSocket } from './live/sessions.ts';
import { startTyping, stopTyping } from './live/typing-events.ts';
import { sendMessage } from './messages/send-message.ts';
import { markDelivered } from './receipts/mark-delivered.ts';
import { markRead } from './receipts/mark-read.ts';
import { sync } from './sync/sync.ts';

const authenticateWithinMs = 10_000;

/** Serves sockets: the handshake, the events, and the end of a connection. */
export const socket = (deps: Deps, addressOf: (socket: Socket) => string) => {
  const { io } = deps;

  io.use((socket, next) => {
    readHandshake(deps, socket.handshake.auth).then(
      (handshake) => {
        socket.data = { handshake };
        next();
      },
      (thrown: unknown) => next(new RefusedHandshake(toWireError(thrown, deps))),
    );
  });

  io.on('connection', (socket) => {
    const caller: SocketCaller = { actor: null, address: addressOf(socket) };
    const { handshake } = socket.data as {
      handshake: Awaited<ReturnType<typeof readHandshake>>;
    };
    serve(deps, socket, caller);

    const authenticationTimer = setTimeout(() => {
      if (!caller.actor) closeSocket(socket, 'authentication_timeout');
    }, authenticateWithinMs);
    socket.on('disconnect', () => {
      clearTimeout(authenticationTimer);
      deps.expiry.forget(socket);
      if (caller.actor) leave(deps, socket, caller.actor);
    });
    if (!handshake) return;
    const { actor, state } = handshake;
    deps
      .openSocket(socket, caller, actor, state)
      .then(async () => socket.emit('authenticated', await readHello(deps, socket, actor)))
      .catch((error: unknown) => {
        deps.logger.warn('A socket could not be opened.', { error });
        closeSocket(socket, 'server_draining', 1_000);
      });
  });

  io.engine.on('connection_error', (error: { code: number }) =>
    deps.logger.debug('A connection was refused.', { refusal: error.code }),
  );
};

const serve = (deps: Deps, socket: Socket, caller: SocketCaller) =>
  serveEvents({
    socket,
    deps,
    caller,
    events: clientEvents,
    handlers: {
      authenticate: (_deps, _actor, input) => authenticate(deps, caller, input, socket),
      send_message: async (_deps, actor, input) => {
        const { outcome, body } = await sendMessage(deps, actor, input);
        return { message: body, replayed: outcome === 'replayed' };
      },
      join_chat: joinChat,
      leave_chat: leaveChat,
      typing_start: startTyping,
      typing_stop: stopTyping,
      message_received: markDelivered,
      message_read: markRead,
      sync,
      last_seen_update: heartbeat,
    },
    onRateLimitExceeded: () => closeSocket(socket, 'rate_limited'),
  });

const leave = (deps: Deps, socket: Socket, { userId, sessionId, deviceId }: Authenticated) => {
  deps.typing.leave(socket.id);
  deps.views.leave(socket, deviceId);
  deps.presence.leave({ userId, sessionId, socketId: socket.id });
};

/** Reaches the client as `connect_error`, with the problem in `error.data`. */
class RefusedHandshake extends Error {
  readonly data: WireError;
  constructor(problem: WireError) {
    super(problem.code);
    this.data = problem;
  }
}

const readHandshake = async (deps: Deps, auth: Record<string, unknown>) => {
  if (auth['token'] === undefined) return null;
  const { token, deviceId, protocol, state } = auth;
  const proof = parse<Input<typeof clientEvents.authenticate>>(clientEvents.authenticate.input, {
    token,
    deviceId,
    protocol,
    ...(state !== undefined && { state }),
  });
  return { actor: await checkProof(deps.authenticate, proof), state: proof.state };
};
