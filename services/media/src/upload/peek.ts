import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** The first bytes of a stream, which stay in it; fewer where it is shorter. */
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
  const head = Buffer.concat(chunks);
  if (head.length > 0 && !stream.readableEnded) stream.unshift(head);
  return head.subarray(0, bytes);
};

const more = async (stream: Readable) => {
  const heard = new AbortController();
  const { signal } = heard;
  await Promise.race(['readable', 'end', 'close'].map((name) => once(stream, name, { signal })));
  heard.abort();
};
