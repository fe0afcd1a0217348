import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { toCall, type Answer } from './call.ts';
import { corsHeaders, preflight } from './cors.ts';
import { S3Error } from './s3-error.ts';
import { operationFor } from './operations.ts';
import { postObject } from './post-object.ts';
import { authenticate, type Identity } from './signature.ts';
import { openStore, type Store } from './store.ts';
import { errorXml } from './xml.ts';

export type S3Options = {
  dir: string;
  accessKeyId: string;
  secretAccessKey: string;
  region?: string;
  port?: number;
  /** Default: loopback. */
  host?: string;
};

/** Serves the S3 protocol from a folder. */
export const startS3 = async ({
  dir,
  port = 0,
  host = '127.0.0.1',
  region = 'us-east-1',
  ...keys
}: S3Options) => {
  const store = openStore(dir);
  const identity = { ...keys, region };
  // Slow uploads are allowed.
  const server = createServer({ requestTimeout: 0 }, (req, res) => {
    serve(store, identity, req, res).catch((thrown: unknown) => refuse(req, res, thrown));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      store.close();
    },
  };
};

const serve = async (
  store: Store,
  identity: Identity,
  req: IncomingMessage,
  res: ServerResponse,
) => {
  const call = toCall(req);
  const bucket = store.buckets.get(call.bucket);
  if (call.method === 'OPTIONS') return send(res, preflight(bucket, call));
  res.setHeaders(new Map(Object.entries(corsHeaders(bucket, call) ?? {})));
  if (call.method === 'POST' && call.headers['content-type']?.startsWith('multipart/form-data'))
    return send(res, await postObject(store, call, identity));
  const signed = await authenticate(call, identity);
  return send(res, await operationFor(signed)(store, signed));
};

const send = async (res: ServerResponse, { status = 200, headers = {}, body }: Answer) => {
  if (body === undefined || typeof body === 'string') {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    res.writeHead(status, { ...length, ...headers }).end(body);
    return;
  }
  res.writeHead(status, headers);
  await pipeline(body, res);
};

const refuse = (req: IncomingMessage, res: ServerResponse, thrown: unknown) => {
  // Cutting the connection tells a client that received half an answer of the failure.
  if (res.headersSent || req.socket.destroyed) {
    res.destroy();
    return;
  }
  if (!(thrown instanceof S3Error)) console.error(thrown);
  const error = thrown instanceof S3Error ? thrown : new S3Error(500, 'InternalError');
  const answer = () => {
    res.writeHead(error.status, { 'content-type': 'application/xml' });
    res.end(error.status === 304 || req.method === 'HEAD' ? undefined : errorXml(error));
  };
  if (req.complete) answer();
  // Most clients read the answer only after they have sent the whole body.
  else req.unpipe().once('end', answer).resume();
};
