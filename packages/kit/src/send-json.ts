import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Response } from 'express';

const compress = promisify(gzip);
/** A smaller answer fits into one packet of the network as it is. */
const leastBytes = 1_400;

/** Sends JSON, compressed where the client accepts it and the answer is long. */
export const sendJson = async (res: Response, body: unknown) => {
  const json = JSON.stringify(body);
  res.type('json').vary('Accept-Encoding');
  const isLong = Buffer.byteLength(json) >= leastBytes;
  if (isLong && res.req.acceptsEncodings('gzip'))
    res.set('Content-Encoding', 'gzip').send(await compress(json));
  else res.send(json);
};
