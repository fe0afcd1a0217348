import { BodyFailed } from './failures.ts';
import type { Described, Objects } from './objects.ts';
import type { Part, Parts } from './parts.ts';

const partBytes = 5 * 1024 * 1024;
type Piece = { bytes: Buffer; isLast: boolean };

/**
 * Streams a body of any length into an object and holds one part of it in memory. If the body
 * breaks off, the multipart upload is aborted before this rejects, so nothing is left in the store.
 */
export const createSend =
  (objects: Objects, parts: Parts) =>
  async (key: string, body: AsyncIterable<Buffer>, described: Described): Promise<void> => {
    const sent: Part[] = [];
    let uploadId: string | undefined;
    try {
      const buffer = Buffer.allocUnsafe(partBytes);
      for await (const { bytes, isLast } of pieces(withBodyErrors(body), buffer)) {
        if (isLast && !uploadId) return await objects.put(key, bytes, described);
        uploadId ??= await parts.begin(key, described);
        sent.push(await parts.send(key, uploadId, sent.length + 1, bytes));
      }
      const joined = await parts.join(key, uploadId!, sent);
      if (!joined && (await objects.sizeOf(key)) === null)
        throw new Error('The multipart upload no longer exists.');
    } catch (error) {
      if (uploadId) await parts.abort(key, uploadId);
      throw error;
    }
  };

/** Cuts a body into pieces. All share one buffer, so each must be used before the next is read. */
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

async function* withBodyErrors(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw new BodyFailed('The body broke off.', { cause: error });
  }
}
