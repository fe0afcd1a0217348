import type { Ack, Body, Infer, WireError, chatSocket } from '@taar/contracts';
import { type ManagerOptions, type Socket, type SocketOptions, io } from 'socket.io-client';
import type { EventName, PayloadOf } from './events.ts';

type Asks = typeof chatSocket;
export type AskName = keyof Asks;
export type Ask = <E extends AskName>(
  event: E,
  input: Infer<Asks[E]['input']>,
) => Promise<Body<Asks[E]>>;

/** The server's answer to what it will not do. */
export class Refused extends Error {
  readonly problem: WireError;
  constructor(problem: WireError) {
    super(problem.code);
    this.problem = problem;
  }
}
/** Whether the same request may succeed later; so may everything that got no answer. */
export const mayRetry = (error: unknown) => !(error instanceof Refused) || error.problem.retryable;
export const retryAfterMs = (error: unknown, otherwise: number) =>
  (error instanceof Refused && error.problem.retryAfterMs) || otherwise;

const protocol = 1;
const maxReconnectMs = 5_000;
/** Coming back with the same token, or the same version, is in vain. */
const final: unknown[] = ['session_revoked', 'account_suspended', 'client_too_old'];

export type Connect = (
  url: string,
  options: Partial<ManagerOptions & SocketOptions>,
) => Pick<
  Socket,
  'on' | 'onAny' | 'emitWithAck' | 'timeout' | 'connect' | 'disconnect' | 'active' | 'id'
>;

export type ConnectionOptions = {
  url: string;
  token: (renew: boolean) => Promise<string>;
  deviceId: string;
  ackMs: number;
  reconnectMs: number;
  connect?: Connect | undefined;
  onEvent: (event: EventName, payload: unknown) => void;
  onReady: (hello: PayloadOf<'authenticated'>) => void;
  onLost: () => void;
  /** The server wants no more of this socket; `reason`: that of `closing`, or a problem's code. */
  onEnded?: ((reason: string) => void) | undefined;
};

/** One socket that comes back by itself, unless the server says that it must not. */
export const createConnection = (options: ConnectionOptions) => {
  const { url, token, deviceId, ackMs, reconnectMs, onEvent, onReady, onLost, onEnded } = options;
  let ready = false;
  let stopped = false;
  /** The server says that the token is over, whatever the clock of this device says. */
  let expired = false;
  let pause: ReturnType<typeof setTimeout> | undefined;
  const unanswered = new Set<Promise<unknown>>();

  const socket = (options.connect ?? io)(url, {
    transports: ['websocket'],
    forceNew: true,
    autoConnect: false,
    reconnectionDelay: reconnectMs,
    reconnectionDelayMax: maxReconnectMs,
    auth: (send) => {
      token(expired).then(
        (fresh) => send({ token: fresh, deviceId, protocol }),
        () => send({ deviceId, protocol, token: '-' }),
      );
    },
  });

  const later = (ms: number) => {
    clearTimeout(pause);
    pause = setTimeout(() => socket.connect(), ms);
  };
  const lose = () => {
    if (ready) onLost();
    ready = false;
  };

  const ask: Ask = async (event, input) => {
    // Socket.io would keep it for later, when it may no longer be right.
    if (!ready) throw new Error('Not connected.');
    const answer = socket.timeout(ackMs).emitWithAck(event, input) as Promise<Ack<never>>;
    unanswered.add(answer);
    const ack = await answer.finally(() => unanswered.delete(answer));
    if (!ack.ok) throw new Refused(ack.error);
    return ack.data;
  };

  const renew = async () => {
    await ask('authenticate', { token: await token(true), deviceId, protocol });
  };

  /** Sends nothing more, but leaves only with the answers to what it sent. */
  const leave = async (reconnect: boolean, ms = 0) => {
    lose();
    if (reconnect) await Promise.allSettled(unanswered);
    socket.disconnect();
    if (reconnect && !stopped) later(ms);
  };

  const meet = (event: EventName, payload: unknown) => {
    if (event === 'authenticated') {
      ready = true;
      expired = false;
      onReady(payload as PayloadOf<'authenticated'>);
    } else if (event === 'closing') {
      const { reason, reconnect, retryAfterMs: ms } = payload as PayloadOf<'closing'>;
      if (reason === 'token_expired') expired = true;
      if (reconnect && ms === undefined) lose();
      else void leave(reconnect, ms);
      if (!reconnect) onEnded?.(reason);
    } else if (event === 'auth_expiring') renew().catch(() => undefined);
    else onEvent(event, payload);
  };

  socket.onAny(meet);
  socket.on('disconnect', lose);
  // Refused by the server rather than by the network: Socket.io leaves coming back to us.
  socket.on('connect_error', ({ data }: Error & { data?: Partial<WireError> }) => {
    if (socket.active) return;
    if (data?.code && final.includes(data.code)) {
      onEnded?.(data.code);
      return;
    }
    const wasRenewed = expired;
    expired ||= data?.code === 'token_expired';
    // Once at once, though not all phones together; a token that is no better has time.
    later((expired && !wasRenewed ? reconnectMs : 2 * maxReconnectMs) * Math.random());
  });

  return {
    ask,
    isReady: () => ready,
    start: () => {
      stopped = false;
      socket.connect();
    },
    stop: () => {
      stopped = true;
      clearTimeout(pause);
      lose();
      socket.disconnect();
    },
  };
};
