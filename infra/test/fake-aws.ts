import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Input = Record<string, unknown>;
/** Returns the answer of one operation; throwing an AwsError answers with that error. */
export type Handler = (input: Input) => unknown;
export type Call = { operation: string; input: Input };

export class AwsError extends Error {}

/** Older services take forms and answer XML; the answer to the one operation in use stays empty. */
const readForm = (body: string): Call => {
  const { Action: operation, ...input } = Object.fromEntries(new URLSearchParams(body));
  return { operation: operation!, input };
};
const emptyXml = (operation: string) =>
  `<${operation}Response><${operation}Result></${operation}Result></${operation}Response>`;

/** A server on loopback that speaks the protocols of AWS and records every call. */
export const startFakeAws = async (handlers: Record<string, Handler>) => {
  const calls: Call[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const target = req.headers['x-amz-target'];
      const call = target
        ? { operation: String(target).split('.')[1]!, input: JSON.parse(body) as Input }
        : readForm(body);
      calls.push(call);
      try {
        const answer = handlers[call.operation]!(call.input);
        res.setHeader('Content-Type', target ? 'application/x-amz-json-1.1' : 'text/xml');
        res.end(target ? JSON.stringify(answer) : emptyXml(call.operation));
      } catch (error) {
        const type = error instanceof AwsError ? error.message : 'InternalFailure';
        res.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.1' });
        res.end(JSON.stringify({ __type: type, message: type }));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    calls,
    options: {
      region: 'eu-central-1',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
      maxAttempts: 1,
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
