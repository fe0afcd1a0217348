import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** Takes the first `count` bytes from a stream, or all of a shorter one. */
export const peek = async (stream: Readable, count: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < count) {
    const chunk = stream.read() as Buffer | null;
    if (chunk) {
      chunks.push(chunk);
      length += chunk.length;
    } else if (stream.readableEnded || stream.destroyed) break;
    else await nextEvent(stream);
  }
  if (stream.errored) throw stream.errored;
  return Buffer.concat(chunks);
};

/** The bytes that `peek` took, followed by the rest of the stream. */
export async function* rejoined(head: Buffer, stream: Readable): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  if (!stream.readableEnded) yield* stream as AsyncIterable<Buffer>;
}

const nextEvent = async (stream: Readable) => {
  const listening = new AbortController();
  const { signal } = listening;
  const events = ['readable', 'end', 'close'].map((name) => once(stream, name, { signal }));
  await Promise.race(events).finally(() => listening.abort());
};
