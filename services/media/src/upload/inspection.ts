import { createHash } from 'node:crypto';
import { fileTooLarge, typeNotAllowed } from '../files/kinds.ts';

const script = Buffer.from('/JavaScript');

/** Measures a file chunk by chunk. Rejects a file that is too large and a PDF with a script. */
export const createInspection = (mimeType: string, maxBytes: number) => {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let tail = Buffer.alloc(0);

  const assertNoScript = (chunk: Buffer) => {
    // The word may begin in one chunk and end in the next.
    const text = Buffer.concat([tail, chunk]);
    if (text.includes(script)) throw typeNotAllowed();
    tail = text.subarray(-script.length);
  };

  return {
    take: (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw fileTooLarge(maxBytes);
      if (mimeType === 'application/pdf') assertNoScript(chunk);
      hash.update(chunk);
    },
    result: () => ({ sizeBytes, sha256: hash.digest() }),
  };
};
export type Inspection = ReturnType<typeof createInspection>;
