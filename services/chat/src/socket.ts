import type { Authenticated } from '@taar/kit/auth';
import { type Input, type WireError, clientEvents } from '@taar/contracts';
import { parse } from '@taar/kit/edge';
import { AppError, toWireError } from '@taar/kit/errors';
import { type SocketCaller, serveEvents } from '@taar/kit/socket';
import type { SocketRateLimits } from '@taar/kit/socket-rate-limit';
import type { Socket } from 'socket.io';
import type { Deps } from './deps.ts';
import { authenticate, checkProof, readHello } from './live/authenticate.ts';
import { heartbeat } from './live/heartbeat.ts';
import { joinChat } from './live/join-chat.ts';
import { leaveChat } from './live/leave-chat.ts';
import { createPacketLimit } from './live/packet-limit.ts';
import { closeSocket } from './live/sessions.ts';
import { createSocketRateLimits } from './live/socket-rate-limits.ts';
import { startTyping, stopTyping } from './live/typing-events.ts';
import { sendMessage } from './messages/send-message.ts';
import { markDelivered } from './receipts/mark-delivered.ts';
import { markRead } from './receipts/mark-read.ts';
import { sync } from './sync/sync.ts';

const authenticateWithinMs = 10_000;

/** Serves sockets: the handshake, the events, and the end of a connection. */
export const socket = (deps: Deps, addressOf: (socket: Socket) => string) => {
  const { io } = deps;
  const rateLimits = createSocketRateLimits(deps.rateLimitFactor);
  const packetLimit = createPacketLimit(io, deps.rateLimitFactor);
  const trust = ({ conn }: Socket) => packetLimit.trust(conn);

  io.use((socket, next) => {
    readHandshake(deps, socket.handshake.auth)
      .then((handshake) => {
        if (handshake && rateLimits.connect(handshake.actor.sessionId) !== 'pass')
          throw tooManyConnections();
        socket.data = { handshake };
        next();
      })
      .catch((thrown: unknown) => next(new RefusedHandshake(toWireError(thrown, deps))));
  });

  io.on('connection', (socket) => {
    const caller: SocketCaller = {
      actor: null,
      address: addressOf(socket),
      acceptsGzip: socket.handshake.auth['acceptGzip'] === true,
    };
    const { handshake } = socket.data as {
      handshake: Awaited<ReturnType<typeof readHandshake>>;
    };
    serve(deps, socket, caller, { rateLimits, trust });

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
    trust(socket);
    deps.sessionSockets
      .open(socket, caller, actor, state)
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

const serve = (
  deps: Deps,
  socket: Socket,
  caller: SocketCaller,
  { rateLimits, trust }: { rateLimits: SocketRateLimits; trust: (socket: Socket) => void },
) =>
  serveEvents({
    socket,
    deps,
    caller,
    events: clientEvents,
    handlers: {
      authenticate: async (_deps, _actor, input) => {
        const hello = await authenticate(deps, caller, input, socket);
        trust(socket);
        return hello;
      },
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
    rateLimits,
    onRateLimitExceeded: () => closeSocket(socket, 'rate_limited'),
  });

const leave = (deps: Deps, socket: Socket, { userId, sessionId, deviceId }: Authenticated) => {
  deps.typing.leave(socket.id);
  deps.views.leave(socket, deviceId);
  deps.presence.leave({ userId, sessionId, socketId: socket.id });
};

const tooManyConnections = () =>
  new AppError('rate_limited', 'This session connects too often.', { retryAfterMs: 5_000 });

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
  const { token, deviceId, protocol, state, acceptGzip } = auth;
  const proof = parse<Input<typeof clientEvents.authenticate>>(clientEvents.authenticate.input, {
    token,
    deviceId,
    protocol,
    ...(state !== undefined && { state }),
    ...(acceptGzip !== undefined && { acceptGzip }),
  });
  return { actor: await checkProof(deps.authenticate, proof), state: proof.state };
};
