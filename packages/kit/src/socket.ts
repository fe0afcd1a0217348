import { randomUUID } from 'node:crypto';
import type { Ack, ClientEvent, ClientEventTable } from '@taar/contracts';
import type { Socket } from 'socket.io';
import type { Actor, Authenticated } from './auth.ts';
import { currentContext, withContext } from './context.ts';
import { withDeadline } from './deadline.ts';
import { type EdgeDeps, type EventHandler, parse } from './edge.ts';
import { AppError, toWireError } from './errors.ts';
import { createFlood } from './flood.ts';
import { emitResponseTime } from './metrics.ts';

/** What the edge keeps of a socket. */
export type Session = { actor: Authenticated | null; address: string };

type Handlers<Deps, E extends ClientEventTable, S> = {
  [K in keyof E]: EventHandler<Deps, E[K], S>;
};
type AnyHandler<Deps, S> = (
  deps: Deps,
  actor: Actor | null,
  input: unknown,
  socket: S,
) => Promise<unknown>;
type Reply = (ack: Ack<unknown>) => void;

const deadlineMs = 10_000;

const lateError = () =>
  new AppError('dependency_unavailable', 'The server took too long. Try again.', {
    retryAfterMs: 1_000,
  });

const actorOf = ({ actor }: Session, event: ClientEvent): Actor | null => {
  if (event.auth === 'none') return actor;
  if (!actor) throw new AppError('unauthenticated', 'Send `authenticate` first.');
  if (actor.tokenExpiresAt.getTime() <= Date.now())
    throw new AppError('token_expired', 'Send `authenticate` with a new token.');
  return actor;
};

/**
 * Serves every event of `events` on one socket, the twin of `restRouter`: flood guard, actor,
 * schema, limit, deadline, ack. Whatever a client sends, the process lives. An event without a
 * callback is processed and answered by nothing; an unknown one is refused.
 */
export const serveEvents = <Deps extends EdgeDeps, E extends ClientEventTable, S extends Socket>(
  socket: S,
  deps: Deps,
  session: Session,
  events: E,
  handlers: Handlers<Deps, NoInfer<E>, S>,
  onFlood: () => void,
) => {
  const flood = createFlood();
  let line: Promise<unknown> = Promise.resolve();

  /** Spends at once but goes on in order: what comes first is handled first. */
  const pass = async (spending: Promise<void> | undefined) => {
    const before = line;
    line = Promise.allSettled([before, spending]);
    await before;
    await spending;
  };

  const handle = async (name: string, payload: unknown) => {
    const event = Object.hasOwn(events, name) ? events[name] : undefined;
    if (!event) throw new AppError('route_not_found', 'There is no such event.');
    const context = currentContext();
    if (context) context.operation = name;
    const actor = actorOf(session, event);
    if (context && actor) context.userId = actor.userId;
    const input = parse(event.input, payload);
    const subject = { address: session.address, ...actor };
    await pass(event.limit && deps.spendLimit(event.limit, subject, input));
    const handler = handlers[name] as unknown as AnyHandler<Deps, S>;
    const work = Promise.resolve(handler(deps, actor, input, socket));
    return (await withDeadline(work, deadlineMs, lateError)) ?? {};
  };

  const answer = async (name: string, payload: unknown, reply: Reply | undefined) => {
    const startedAt = performance.now();
    try {
      const data = await handle(name, payload);
      reply?.({ ok: true, data });
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
      const verdict = flood();
      if (verdict === 'close') onFlood();
      else if (verdict === 'refuse')
        reply?.({
          ok: false,
          error: toWireError(
            new AppError('rate_limited', 'Slow down.', { retryAfterMs: 1_000 }),
            deps,
          ),
        });
      else void answer(String(name), payload ?? {}, reply);
    });
  });
};
