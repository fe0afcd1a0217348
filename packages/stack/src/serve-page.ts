import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const publicFile = (file: string) => fileURLToPath(new URL(`../public/${file}`, import.meta.url));
const require = createRequire(import.meta.url);
const socketIo = dirname(require.resolve('socket.io-client/package.json'));

const files: Record<string, { file: string; type: string }> = {
  '/': { file: publicFile('index.html'), type: 'text/html; charset=utf-8' },
  '/page.css': { file: publicFile('page.css'), type: 'text/css; charset=utf-8' },
  '/page.js': { file: publicFile('page.js'), type: 'text/javascript; charset=utf-8' },
  '/api.js': { file: publicFile('api.js'), type: 'text/javascript; charset=utf-8' },
  '/socket.io-client.js': {
    file: join(socketIo, 'dist/socket.io.esm.min.js'),
    type: 'text/javascript; charset=utf-8',
  },
};

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];
const headers = {
  'Content-Security-Policy': policy.join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

/** Serves the page on which two browser tabs can chat; returns false for any other path. */
export const servePage = (req: IncomingMessage, res: ServerResponse): boolean => {
  const found = req.method === 'GET' ? files[req.url ?? ''] : undefined;
  if (!found) return false;
  res.writeHead(200, { ...headers, 'Content-Type': found.type });
  createReadStream(found.file).pipe(res);
  return true;
};
