import {
  type Ack,
  type Body,
  type Infer,
  type ServerEventName,
  type ServerEventTable,
  type ServerPayload,
  clientEvents,
  serverEvents,
} from '@taar/contracts';
import { io, type SocketOptions, type ManagerOptions } from 'socket.io-client';
import { assertMatches, assertProblem, ContractViolation } from './contract.ts';

type Asks = typeof clientEvents;

const timeoutMs = 10_000;

const checkAck = (event: keyof Asks, ack: unknown) => {
  const answer = ack as Ack<unknown>;
  const { output } = clientEvents[event];
  if (answer.ok) assertMatches(`the ack of ${event}`, output, answer.data);
  else assertProblem(`the ack of ${event}`, answer.error);
};

const checkEvent = (event: string, args: unknown[]) => {
  const known = Object.hasOwn(serverEvents, event)
    ? (serverEvents as ServerEventTable)[event]
    : undefined;
  if (!known || args.length !== 1)
    throw new ContractViolation(`The contract declares no event ${event} with this payload.`);
  assertMatches(`the event ${event}`, known.payload, args[0]);
};

export type ConnectOptions = Partial<ManagerOptions & SocketOptions>;
export type Phone = Awaited<ReturnType<typeof connectPhone>>;

/** Connects a socket; checks every acknowledgement and every event against the contract. */
export const connectPhone = async (url: string, auth: object, options: ConnectOptions = {}) => {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth,
    ...options,
  });
  const arrived: { event: string; payload: unknown; taken: boolean }[] = [];
  const waiting = new Set<() => void>();
  let violation: unknown;
  socket.onAny((event: string, ...args: unknown[]) => {
    try {
      checkEvent(event, args);
    } catch (error) {
      violation ??= error;
    }
    arrived.push({ event, payload: args[0], taken: false });
    for (const check of waiting) check();
  });
  const assertNoViolation = () => {
    if (violation) throw violation;
  };

  const next = <E extends ServerEventName>(
    event: E,
    predicate: (payload: ServerPayload<E>) => boolean = () => true,
  ): Promise<ServerPayload<E>> =>
    new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        waiting.delete(check);
        clearTimeout(timer);
        settle();
      };
      const check = () => {
        if (violation) return finish(() => reject(violation));
        const found = arrived.find(
          (one) => one.event === event && !one.taken && predicate(one.payload as ServerPayload<E>),
        );
        if (!found) return;
        found.taken = true;
        finish(() => resolve(found.payload as ServerPayload<E>));
      };
      const timer = setTimeout(() => {
        const names = arrived.map((one) => one.event).join(', ');
        finish(() => reject(new Error(`No ${event} arrived; received: ${names || 'no event'}.`)));
      }, timeoutMs);
      waiting.add(check);
      check();
    });

  const closed = new Promise<string>((resolve) => {
    socket.once('disconnect', resolve);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('connect_error', reject);
  });

  return {
    socket,
    /** Sends an event and waits for its acknowledgement. */
    ask: async <E extends keyof Asks>(event: E, input: Infer<Asks[E]['input']>) => {
      const ack: unknown = await socket.timeout(timeoutMs).emitWithAck(event, input);
      checkAck(event, ack);
      assertNoViolation();
      return ack as Ack<Body<Asks[E]>>;
    },
    /** Waits for the next event of this name; each event is returned once. */
    next,
    /** The events of this name that have arrived so far. */
    seen: <E extends ServerEventName>(event: E) => {
      assertNoViolation();
      return arrived
        .filter((one) => one.event === event)
        .map((one) => one.payload as ServerPayload<E>);
    },
    /** Resolves with the reason when the socket is closed. */
    closed,
    close: () => {
      socket.disconnect();
      assertNoViolation();
    },
  };
};
