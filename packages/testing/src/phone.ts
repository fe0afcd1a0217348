import { type Ack, type Body, type Infer, clientEvents } from '@taar/contracts';
import { io, type SocketOptions, type ManagerOptions } from 'socket.io-client';
import { assertMatches, assertProblem } from './contract.ts';
import { createInbox } from './inbox.ts';

type ClientEvents = typeof clientEvents;
export type ConnectOptions = Partial<ManagerOptions & SocketOptions>;
export type Phone = Awaited<ReturnType<typeof connectPhone>>;

const timeoutMs = 10_000;

/** Connects a socket; checks every acknowledgement and every event against the contract. */
export const connectPhone = async (url: string, auth: object, options: ConnectOptions = {}) => {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth,
    ...options,
  });
  const { receive, next, seen, assertNoViolation } = createInbox();
  socket.onAny(receive);
  const closed = new Promise<string>((resolve) => {
    socket.once('disconnect', resolve);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('connect_error', reject);
  });

  return {
    socket,
    /** Sends an event and waits for its acknowledgement. */
    ask: async <E extends keyof ClientEvents>(event: E, input: Infer<ClientEvents[E]['input']>) => {
      const ack: unknown = await socket.timeout(timeoutMs).emitWithAck(event, input);
      assertAck(event, ack);
      assertNoViolation();
      return ack as Ack<Body<ClientEvents[E]>>;
    },
    next,
    seen,
    /** Resolves with the reason when the socket is closed. */
    closed,
    close: () => {
      socket.disconnect();
      assertNoViolation();
    },
  };
};

const assertAck = (event: keyof ClientEvents, ack: unknown) => {
  const answer = ack as Ack<unknown>;
  if (answer.ok)
    assertMatches(`the acknowledgement of ${event}`, clientEvents[event].output, answer.data);
  else assertProblem(`the acknowledgement of ${event}`, answer.error);
};
