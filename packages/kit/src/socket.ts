import { randomUUID } from 'node:crypto';
import type { Ack, ClientEvent, ClientEventTable, CompressedAck } from '@taar/contracts';
import type { Socket } from 'socket.io';
import type { Actor, Authenticated } from './auth.ts';
import { compressAck } from './compress-ack.ts';
import { currentContext, withContext } from './context.ts';
import { withDeadline } from './deadline.ts';
import { type EdgeDeps, type EventHandler, parse } from './edge.ts';
import { AppError, toWireError } from './errors.ts';
import { emitResponseTime } from './metrics.ts';
import type { SocketRateLimits } from './socket-rate-limit.ts';

/** The party of a socket; `actor` is null before its authentication. */
export type SocketCaller = {
  actor: Authenticated | null;
  address: string;
  /** The client reads compressed acks. */
  acceptsGzip: boolean;
};

type Handlers<Deps, E extends ClientEventTable, S> = {
  [K in keyof E]: EventHandler<Deps, E[K], S>;
};
type AnyHandler<Deps, S> = (
  deps: Deps,
  actor: Actor | null,
  input: unknown,
  socket: S,
) => Promise<unknown>;
type Reply = (ack: Ack<unknown> | CompressedAck) => void;

type Service<Deps, E extends ClientEventTable, S> = {
  socket: S;
  deps: Deps;
  caller: SocketCaller;
  events: E;
  handlers: Handlers<Deps, NoInfer<E>, S>;
  rateLimits: SocketRateLimits;
  onRateLimitExceeded: () => void;
};

const deadlineMs = 10_000;

/**
 * Serves every event of `events` on one socket, as `restRouter` serves operations. No event of a
 * client ends the process. An event without a callback is handled and gets no ack.
 */
export const serveEvents = <Deps extends EdgeDeps, E extends ClientEventTable, S extends Socket>(
  service: Service<Deps, E, S>,
) => {
  const { socket, deps, caller, rateLimits, onRateLimitExceeded } = service;
  const checkBeforeAuthentication = rateLimits.beforeAuthentication();
  const checkRateLimit = () =>
    caller.actor ? rateLimits.event(caller.actor.sessionId) : checkBeforeAuthentication();
  const handle = createHandle(service);

  const answer = async (name: string, payload: unknown, reply: Reply | undefined) => {
    const startedAt = performance.now();
    try {
      const data = await handle(name, payload);
      const mayCompress = caller.acceptsGzip && service.events[name]?.compressible;
      reply?.(mayCompress ? await compressAck(data) : { ok: true, data });
      emitResponseTime(deps.logger, name, startedAt, 200);
    } catch (thrown) {
      const error = toWireError(thrown, deps);
      reply?.({ ok: false, error });
      if (currentContext()?.operation) emitResponseTime(deps.logger, name, startedAt, error.status);
    }
  };

  socket.onAny((name: unknown, ...args: unknown[]) => {
    const last = args.at(-1);
    const reply = typeof last === 'function' ? (last as Reply) : undefined;
    const [payload] = reply ? args.slice(0, -1) : args;
    withContext({ requestId: randomUUID(), transport: 'socket' }, () => {
      const verdict = checkRateLimit();
      if (verdict === 'close') onRateLimitExceeded();
      else if (verdict === 'reject')
        reply?.({ ok: false, error: toWireError(rateLimited(), deps) });
      else void answer(String(name), payload ?? {}, reply);
    });
  });
};

/** Handles one event: actor, schema, rate limit, and the handler within its deadline. */
const createHandle = <Deps extends EdgeDeps, E extends ClientEventTable, S extends Socket>({
  socket,
  deps,
  caller,
  events,
  handlers,
}: Service<Deps, E, S>) => {
  const inArrivalOrder = createArrivalOrder();

  return async (name: string, payload: unknown) => {
    const event = Object.hasOwn(events, name) ? events[name] : undefined;
    if (!event) throw new AppError('route_not_found', 'This event does not exist.');
    const context = currentContext();
    if (context) context.operation = name;
    const actor = actorOf(caller, event);
    if (context && actor) context.userId = actor.userId;
    const input = parse(event.input, payload);
    const subject = { address: caller.address, ...actor };
    await inArrivalOrder(event.limit && deps.spendLimit(event.limit, subject, input));
    const handler = handlers[name] as unknown as AnyHandler<Deps, S>;
    const work = Promise.resolve(handler(deps, actor, input, socket));
    return (await withDeadline(work, deadlineMs, tookTooLong)) ?? {};
  };
};

/** Budgets are spent in parallel, but the handlers of a socket start in the order of its events. */
const createArrivalOrder = () => {
  let last: Promise<unknown> = Promise.resolve();
  return async (spending: Promise<void> | undefined) => {
    const before = last;
    last = Promise.allSettled([before, spending]);
    await before;
    await spending;
  };
};

const actorOf = ({ actor }: SocketCaller, event: ClientEvent): Actor | null => {
  if (event.auth === 'none') return actor;
  if (!actor) throw new AppError('unauthenticated', 'Send `authenticate` first.');
  if (actor.tokenExpiresAt.getTime() <= Date.now())
    throw new AppError('token_expired', 'Send `authenticate` with a new token.');
  return actor;
};

const rateLimited = () =>
  new AppError('rate_limited', 'Too many events. Send fewer.', { retryAfterMs: 1_000 });

const tookTooLong = () =>
  new AppError('dependency_unavailable', 'The server took too long. Try again.', {
    retryAfterMs: 1_000,
  });
