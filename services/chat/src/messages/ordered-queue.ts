/** A caller's place in the queue of its key. */
export type Turn = {
  /** Resolves when all earlier callers have passed. */
  reached: Promise<void>;
  /** Lets the next caller proceed. Calling it again does nothing. */
  pass: () => void;
};
export type OrderedQueue = (key: string | null) => Turn;

/**
 * Queues whose callers prepare at the same time and proceed in the order in which they came,
 * however long each prepares. Callers without a key proceed at once.
 */
export const createOrderedQueue = (): OrderedQueue => {
  const tails = new Map<string, Promise<void>>();

  return (key) => {
    if (key === null) return { reached: Promise.resolve(), pass: () => undefined };
    const reached = tails.get(key) ?? Promise.resolve();
    let pass!: () => void;
    const passed = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const tail = reached.then(() => passed);
    tails.set(key, tail);
    void tail.then(() => tails.get(key) === tail && tails.delete(key));
    return { reached, pass };
  };
};
