import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Ack, CompressedAck } from '@taar/contracts';

const compress = promisify(gzip);
const leastBytes = 1_400;

/** The success ack of an event, compressed where its data is long. */
export const compressAck = async (data: unknown): Promise<Ack<unknown> | CompressedAck> => {
  const json = JSON.stringify(data);
  if (Buffer.byteLength(json) < leastBytes) return { ok: true, data };
  return { ok: true, gzip: new Uint8Array(await compress(json)) };
};
