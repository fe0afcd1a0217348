import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ours = (file: string) => fileURLToPath(new URL(`../public/${file}`, import.meta.url));
const require = createRequire(import.meta.url);
const socketIo = dirname(require.resolve('socket.io-client/package.json'));

const files: Record<string, { file: string; type: string }> = {
  '/': { file: ours('index.html'), type: 'text/html; charset=utf-8' },
  '/page.css': { file: ours('page.css'), type: 'text/css; charset=utf-8' },
  '/page.js': { file: ours('page.js'), type: 'text/javascript; charset=utf-8' },
  '/api.js': { file: ours('api.js'), type: 'text/javascript; charset=utf-8' },
  '/socket.io-client.js': {
    file: join(socketIo, 'dist/socket.io.esm.min.js'),
    type: 'text/javascript; charset=utf-8',
  },
};

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

/** Serves the page for trying a chat between two browser tabs; false where the path is none of its files. */
export const servePage = (req: IncomingMessage, res: ServerResponse): boolean => {
  const known = req.method === 'GET' ? files[req.url ?? ''] : undefined;
  if (!known) return false;
  res.writeHead(200, { ...headers, 'Content-Type': known.type });
  createReadStream(known.file).pipe(res);
  return true;
};
