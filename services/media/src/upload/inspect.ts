import { createHash } from 'node:crypto';
import { notAllowed, tooLarge } from '../kinds.ts';

const script = Buffer.from('/JavaScript');

/** Watches a file pass: how long it is, its hash, and that a PDF carries no program. */
export const createInspection = (mimeType: string, maxBytes: number) => {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let tail = Buffer.alloc(0);

  const assertNoScript = (chunk: Buffer) => {
    // The word may begin in one chunk and end in the next.
    const text = Buffer.concat([tail, chunk]);
    if (text.includes(script)) throw notAllowed();
    tail = text.subarray(-script.length);
  };

  return {
    take: (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      if (mimeType === 'application/pdf') assertNoScript(chunk);
      hash.update(chunk);
    },
    result: () => ({ sizeBytes, sha256: hash.digest() }),
  };
};
export type Inspection = ReturnType<typeof createInspection>;
