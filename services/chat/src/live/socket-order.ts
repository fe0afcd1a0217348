/** Orders the sockets of a session in the same way on every node. */
export type Opening = { socketId: string; at: number };

/** The id decides between equal times, so that all nodes agree. */
export const isOlder = (one: Opening, other: Opening) =>
  one.at < other.at || (one.at === other.at && one.socketId < other.socketId);

/**
 * A logical clock (Lamport): its times are later than all times that this node has seen, even if
 * the clocks of two nodes differ.
 */
export const createClock = (now: () => number = Date.now) => {
  let last = 0;
  return {
    next: () => (last = Math.max(now(), last + 1)),
    hear: (at: number) => {
      last = Math.max(last, at);
    },
  };
};
