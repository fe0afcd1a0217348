export const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });

const pollMs = 10;

/** Polls until the condition holds; `what` completes the sentence "Timed out waiting until …". */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
) => {
  const giveUpAt = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`Timed out waiting until ${what}.`);
    await pause(pollMs);
  }
};
