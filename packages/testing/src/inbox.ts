import { EventEmitter, once } from 'node:events';
import {
  type ServerEventName,
  type ServerEventTable,
  type ServerPayload,
  serverEvents,
} from '@taar/contracts';
import { assertMatches, ContractViolation } from './contract.ts';

type Arrived = { event: string; payload: unknown; isTaken: boolean };
type Fits<E extends ServerEventName> = (payload: ServerPayload<E>) => boolean;

const timeoutMs = 10_000;

/** Keeps the events that a socket received and checks them against the contract. */
export const createInbox = () => {
  const arrived: Arrived[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  let violation: unknown;

  const assertNoViolation = () => {
    if (violation) throw violation;
  };

  const take = <E extends ServerEventName>(event: E, fits: Fits<E>) => {
    const found = arrived.find(
      (one) => one.event === event && !one.isTaken && fits(one.payload as ServerPayload<E>),
    );
    if (found) found.isTaken = true;
    return found as { payload: ServerPayload<E> } | undefined;
  };

  return {
    assertNoViolation,
    receive: (event: string, ...args: unknown[]) => {
      try {
        assertDeclared(event, args);
      } catch (error) {
        violation ??= error;
      }
      arrived.push({ event, payload: args[0], isTaken: false });
      arrivals.emit('arrival');
    },
    /** Waits for the next event of this name; each event is returned once. */
    next: async <E extends ServerEventName>(event: E, fits: Fits<E> = () => true) => {
      const signal = AbortSignal.timeout(timeoutMs);
      for (;;) {
        assertNoViolation();
        const found = take(event, fits);
        if (found) return found.payload;
        await once(arrivals, 'arrival', { signal }).catch(() => {
          const names = arrived.map((one) => one.event).join(', ');
          throw new Error(`No ${event} arrived; received: ${names || 'no event'}.`);
        });
      }
    },
    /** The events of this name that have arrived so far. */
    seen: <E extends ServerEventName>(event: E) => {
      assertNoViolation();
      return arrived
        .filter((one) => one.event === event)
        .map((one) => one.payload as ServerPayload<E>);
    },
  };
};

const assertDeclared = (event: string, args: unknown[]) => {
  const declared = Object.hasOwn(serverEvents, event)
    ? (serverEvents as ServerEventTable)[event]
    : undefined;
  if (!declared || args.length !== 1)
    throw new ContractViolation(`The contract declares no event ${event} with this payload.`);
  assertMatches(`the event ${event}`, declared.payload, args[0]);
};
