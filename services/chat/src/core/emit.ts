import type { Payload, chatPush } from '@taar/contracts';

type Push = typeof chatPush;

/** Rooms whose sockets get an event, on all nodes, and one room whose sockets do not. */
export type Target = { rooms: string[]; except?: string };

/** Sends an event that may be lost to the sockets of some rooms. */
export type Emit = <E extends keyof Push>(
  event: E,
  target: Target,
  payload: Payload<Push[E]>,
) => void;
