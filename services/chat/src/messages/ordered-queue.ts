export type InLine = <P, R>(
  key: string | null,
  prepare: () => Promise<P>,
  enter: (prepared: P) => Promise<R>,
) => Promise<R>;

/**
 * A line for each key: all of it is prepared at the same time, but enters in the order of the
 * calls, however long each takes to prepare. Nobody waits for what comes of those before. Without
 * a key there is no order.
 */
export const createInLine = (): InLine => {
  const tails = new Map<string, Promise<unknown>>();

  return async (key, prepare, enter) => {
    const preparing = prepare();
    if (key === null) return enter(await preparing);
    // It is awaited after those before, which must not make its failure an unhandled one.
    preparing.catch(() => undefined);
    const entering = (tails.get(key) ?? Promise.resolve()).then(async () => {
      const prepared = await preparing;
      return { entered: enter(prepared) };
    });
    const tail: Promise<unknown> = entering.then(
      ({ entered }) => void entered.catch(() => undefined),
      () => undefined,
    );
    tails.set(key, tail);
    void tail.then(() => tails.get(key) === tail && tails.delete(key));
    const { entered } = await entering;
    return entered;
  };
};
