import { BodyFailed } from './failures.ts';
import type { Described, Objects } from './objects.ts';
import type { Part, Parts } from './parts.ts';

const partBytes = 5 * 1024 * 1024;
type Piece = { bytes: Buffer; isLast: boolean };

/** Cuts a body in pieces, all of them in the one buffer: each is to be used before the next. */
async function* pieces(body: AsyncIterable<Buffer>, buffer: Buffer): AsyncGenerator<Piece> {
  let filled = 0;
  for await (const chunk of body)
    for (let taken = 0; taken < chunk.length;) {
      if (filled === buffer.length) {
        yield { bytes: buffer, isLast: false };
        filled = 0;
      }
      const copied = chunk.copy(buffer, filled, taken);
      filled += copied;
      taken += copied;
    }
  yield { bytes: buffer.subarray(0, filled), isLast: true };
}

async function* watched(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw new BodyFailed('The body broke off.', { cause: error });
  }
}

/**
 * Streams a body of any length into an object, holding one part of it in memory. A body that breaks
 * off ends the upload; what was sent of it is gone by the time that this rejects.
 */
export const createSend =
  (objects: Objects, parts: Parts) =>
  async (key: string, body: AsyncIterable<Buffer>, described: Described): Promise<void> => {
    const sent: Part[] = [];
    let uploadId: string | undefined;
    try {
      for await (const { bytes, isLast } of pieces(watched(body), Buffer.allocUnsafe(partBytes))) {
        if (isLast && !uploadId) return await objects.put(key, bytes, described);
        uploadId ??= await parts.begin(key, described);
        sent.push(await parts.send(key, uploadId, sent.length + 1, bytes));
      }
      const joined = await parts.join(key, uploadId!, sent);
      if (!joined && (await objects.sizeOf(key)) === null) throw new Error('The upload is gone.');
    } catch (error) {
      if (uploadId) await parts.abort(key, uploadId);
      throw error;
    }
  };
