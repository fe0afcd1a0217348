/** A socket's place among those of its session, the same for every node. */
export type Opening = { socketId: string; at: number };

/** Of two of the same moment it does not matter which one is newer, but to agree on it does. */
export const isOlder = (one: Opening, other: Opening) =>
  one.at < other.at || (one.at === other.at && one.socketId < other.socketId);

/**
 * Times that come after all this node has heard of, even where the clocks of two nodes differ:
 * who opens after another did is newer on both.
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
