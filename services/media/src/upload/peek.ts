import { once } from 'node:events';
import type { Readable } from 'node:stream';

const more = async (stream: Readable) => {
  const heard = new AbortController();
  const { signal } = heard;
  const events = ['readable', 'end', 'close'].map((name) => once(stream, name, { signal }));
  await Promise.race(events).finally(() => heard.abort());
};

/** Takes the first bytes off a stream; fewer where it is shorter. */
export const peek = async (stream: Readable, bytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < bytes) {
    const chunk = stream.read() as Buffer | null;
    if (chunk) {
      chunks.push(chunk);
      length += chunk.length;
    } else if (stream.readableEnded || stream.destroyed) break;
    else await more(stream);
  }
  if (stream.errored) throw stream.errored;
  return Buffer.concat(chunks);
};

/** What was taken off, and the rest. */
export async function* rejoined(head: Buffer, stream: Readable): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  if (!stream.readableEnded) yield* stream as AsyncIterable<Buffer>;
}
