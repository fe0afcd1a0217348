import type { ServerEventName, ServerPayload } from '@taar/contracts';

/** Rooms whose sockets get an event, on all nodes, and one room whose sockets do not. */
export type Target = { rooms: string[]; except?: string };

/** Sends an event that may be lost to the sockets of some rooms. */
export type Emit = <E extends ServerEventName>(
  event: E,
  target: Target,
  payload: ServerPayload<E>,
) => void;
