import { syncSizes } from './contract.ts';

/** What the slowest links carry within seconds. */
const firstBytes = 16 * 1024;

/** Finds the size of an answer to a sync that the link carries well within `ackMs`. */
export const createAnswerSize = (ackMs: number) => {
  let maxBytes = firstBytes;
  const multiply = (factor: number) => {
    maxBytes = Math.min(Math.max(maxBytes * factor, syncSizes.leastBytes), syncSizes.bytes);
  };

  return {
    maxBytes: () => maxBytes,
    /** `isFull`: the server had more changes than the answer could hold. */
    recordAnswer: (tookMs: number, isFull: boolean) => {
      if (tookMs > ackMs / 2) multiply(1 / 2);
      else if (isFull && tookMs < ackMs / 4) multiply(tookMs < ackMs / 16 ? 4 : 2);
    },
    recordFailure: () => multiply(0),
  };
};
export type AnswerSize = ReturnType<typeof createAnswerSize>;
