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
import { assertMatches, assertProblem, StrayAnswer } from './contract.ts';

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
  if (!known || args.length !== 1) throw new StrayAnswer(`The server sent a stray ${event}.`);
  assertMatches(`the event ${event}`, known.payload, args[0]);
};

export type ConnectOptions = Partial<ManagerOptions & SocketOptions>;
export type Phone = Awaited<ReturnType<typeof connectPhone>>;

/** A live socket; every ack and every event of the server is checked against the contract. */
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
  let stray: unknown;
  socket.onAny((event: string, ...args: unknown[]) => {
    try {
      checkEvent(event, args);
    } catch (error) {
      stray ??= error;
    }
    arrived.push({ event, payload: args[0], taken: false });
    for (const look of waiting) look();
  });
  const assertNothingStray = () => {
    if (stray) throw stray;
  };

  const next = <E extends ServerEventName>(
    event: E,
    predicate: (payload: ServerPayload<E>) => boolean = () => true,
  ): Promise<ServerPayload<E>> =>
    new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        waiting.delete(look);
        clearTimeout(timer);
        settle();
      };
      const look = () => {
        if (stray) return finish(() => reject(stray));
        const found = arrived.find(
          (one) => one.event === event && !one.taken && predicate(one.payload as ServerPayload<E>),
        );
        if (!found) return;
        found.taken = true;
        finish(() => resolve(found.payload as ServerPayload<E>));
      };
      const timer = setTimeout(() => {
        const names = arrived.map((one) => one.event).join(', ');
        finish(() => reject(new Error(`No ${event} came; seen: ${names || 'nothing'}.`)));
      }, timeoutMs);
      waiting.add(look);
      look();
    });

  const closed = new Promise<string>((resolve) => {
    socket.once('disconnect', resolve);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('connect_error', reject);
  });

  return {
    socket,
    /** Sends an event and waits for its ack. */
    ask: async <E extends keyof Asks>(event: E, input: Infer<Asks[E]['input']>) => {
      const ack: unknown = await socket.timeout(timeoutMs).emitWithAck(event, input);
      checkAck(event, ack);
      assertNothingStray();
      return ack as Ack<Body<Asks[E]>>;
    },
    /** The first event of that name not taken yet, whether it came already or is to come. */
    next,
    /** All that came under that name so far. */
    seen: <E extends ServerEventName>(event: E) => {
      assertNothingStray();
      return arrived
        .filter((one) => one.event === event)
        .map((one) => one.payload as ServerPayload<E>);
    },
    /** Resolves with the reason when the server or the network has closed the socket. */
    closed,
    close: () => {
      socket.disconnect();
      assertNothingStray();
    },
  };
};
