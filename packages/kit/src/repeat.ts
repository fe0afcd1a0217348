type Settings = {
  everyMs: number;
  /** The signal aborts when the repetition stops: long work ends early then. */
  work: (signal: AbortSignal) => Promise<unknown>;
  onError: (error: unknown) => void;
  /** Runs once at the start too, and not only after the first interval. */
  startsNow?: boolean;
};

/** Runs `work` every `everyMs`, skipping a turn while the previous run is still going. */
export const repeat = ({ everyMs, work, onError, startsNow = false }: Settings) => {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const run = () => {
    running ??= work(stopping.signal)
      .then(() => undefined, onError)
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(run, everyMs);
  timer.unref();
  if (startsNow) run();

  /** Resolves when the run under way has ended. */
  return async (): Promise<void> => {
    clearInterval(timer);
    stopping.abort();
    await running;
  };
};
