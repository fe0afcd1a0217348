import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd } from '@taar/testing/at-end';
import { envOf } from '@taar/testing/env';

type Behave = (req: IncomingMessage, res: ServerResponse) => void;

const pass: Behave = (req, res) => {
  const { method, url: path, headers } = req;
  const target = new URL(envOf('TEST_S3_ENDPOINT'));
  const forwarded = request(
    { host: target.hostname, port: target.port, method, path, headers },
    (answer) => {
      res.writeHead(answer.statusCode!, answer.rawHeaders);
      answer.pipe(res);
    },
  );
  forwarded.on('error', () => res.destroy());
  res.on('close', () => forwarded.destroy());
  req.pipe(forwarded);
};

const slowDown: Behave = (req, res) => {
  req.resume().on('end', () => {
    res.writeHead(503, { 'content-type': 'application/xml' });
    res.end('<Error><Code>SlowDown</Code></Error>');
  });
};

/** A proxy in front of the S3 server that can imitate its faults. */
export const startStoreProxy = async () => {
  let behave = pass;
  let slow = 0;
  let seen = () => {};
  const server = createServer((req, res) => {
    seen();
    if (slow-- > 0) slowDown(req, res);
    else behave(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pass: () => (behave = pass),
    /** Reads requests and never answers. */
    hang: () => (behave = (req) => req.resume()),
    refuse: () => (behave = (req) => req.destroy()),
    slowDownNext: (requests: number) => (slow = requests),
    /** Resolves when the next request arrives. */
    request: () => new Promise<void>((resolve) => (seen = resolve)),
  };
};
