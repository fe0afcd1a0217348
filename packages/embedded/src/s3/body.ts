import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decodeAwsChunked } from './aws-chunked.ts';
import type { Headers } from './call.ts';
import { createDigests } from './digests.ts';
import { S3Error } from './s3-error.ts';
import type { Blobs } from './blobs.ts';

export type Incoming = { headers: Headers; payload: string; body: Readable };

const maxObjectBytes = 5 * 2 ** 30;
const maxTextBytes = 2 ** 20;

/** Streams a body into a new blob. A body that differs from its declared digests leaves no blob. */
export const receive = async (blobs: Blobs, incoming: Incoming, maxBytes = maxObjectBytes) => {
  const digests = createDigests(incoming.headers, incoming.payload);
  const blob = randomUUID();
  // Opened first: a stream that opens late would create the file after its removal.
  const file = await open(blobs.path(blob), 'wx');
  try {
    await pipeline(contentOf(incoming, digests, maxBytes), file.createWriteStream());
  } catch (error) {
    blobs.drop(blob);
    throw error;
  }
  return { blob, ...digests.result() };
};

export const receiveText = async (incoming: Incoming) => {
  const digests = createDigests(incoming.headers, incoming.payload);
  const chunks = [];
  for await (const chunk of contentOf(incoming, digests, maxTextBytes)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

async function* contentOf(
  { body, payload }: Incoming,
  digests: ReturnType<typeof createDigests>,
  maxBytes: number,
) {
  if (payload.startsWith('STREAMING-AWS4'))
    throw new S3Error(501, 'NotImplemented', 'Signed chunks are not supported.');
  const trailers = new Map<string, string>();
  const content = payload.startsWith('STREAMING-') ? decodeAwsChunked(body, trailers) : body;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    digests.update(chunk);
    if (digests.measured.size > maxBytes) throw new S3Error(400, 'EntityTooLarge');
    yield chunk;
  }
  digests.verify(trailers);
}
