import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server, createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { isUuid } from '@taar/contracts';
import cors from 'cors';
import express, { type Express, type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { Redis } from 'ioredis';
import { createAddressRateLimit } from './address-rate-limit.ts';
import { rejectOldClients } from './client-version.ts';
import { type Context, withContext } from './context.ts';
import { createErrorHandler } from './error-handler.ts';
import { AppError, type IsUnavailable } from './errors.ts';
import { type Health, healthRouter } from './health.ts';
import type { Logger } from './logger.ts';
import { emitResponseTime } from './metrics.ts';

type Settings = {
  CORS_ORIGINS: string[];
  TRUST_PROXY_HOPS: number;
  REDIS_PREFIX: string;
  REQUESTS_PER_MINUTE_PER_ADDRESS: number;
  MIN_CLIENT_VERSION: string;
};
type Deps = { logger: Logger; redis: Redis; isUnavailable: IsUnavailable; health: Health };

// Longer than the load balancer's 60 s, because it must be the one to close idle connections.
const keepAliveMs = 65_000;
const headersMs = 10_000;
const requestMs = 30_000;

/** The HTTP server of a service: its router behind the common edge. */
export const createHttpServer = (
  deps: Deps,
  settings: Settings,
  router: Router,
  requestTimeoutMs = requestMs,
): Server => {
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: Math.min(headersMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 2_000,
    },
    createExpressApp(deps, settings, router),
  );
  server.on('clientError', answerUnreadableRequest);
  return server;
};

/** Errors that Node.js finds before a request reaches Express, with the status that it gives them. */
const statusOfError: Record<string, [status: number, title: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The header fields are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long'],
};

const answerUnreadableRequest = (error: Error & { code?: string }, socket: Duplex) => {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, title] = statusOfError[error.code ?? ''] ?? [400, 'The request is not valid HTTP'];
  const body = JSON.stringify({ type: 'about:blank', title, status });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n` +
      body,
  );
};

const createExpressApp = (deps: Deps, settings: Settings, router: Router): Express => {
  const app = express();
  app.set('trust proxy', settings.TRUST_PROXY_HOPS);
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.set('case sensitive routing', true);
  app.disable('x-powered-by');

  app.use(openContext(deps.logger));
  app.use(healthRouter(deps.health));
  app.use(helmet());
  app.use(
    cors({
      origin: settings.CORS_ORIGINS,
      credentials: true,
      exposedHeaders: ['X-Request-Id', 'Retry-After', 'ETag', 'Idempotent-Replayed'],
      maxAge: 600,
    }),
  );
  app.use(createAddressRateLimit(deps, settings));
  app.use(rejectOldClients(settings.MIN_CLIENT_VERSION));
  app.use(router);
  app.use(() => {
    throw new AppError('route_not_found', 'This path does not exist.');
  });
  app.use(createErrorHandler(deps));
  return app;
};

const openContext =
  (logger: Logger): RequestHandler =>
  (req, res, next) => {
    const given = req.get('x-request-id');
    const requestId = isUuid(given) ? given : randomUUID();
    const context: Context = { requestId, transport: 'rest' };
    const startedAt = performance.now();
    res.set({ 'X-Request-Id': requestId, 'Cache-Control': 'no-store' });
    res.on('finish', () => {
      withContext(context, () => {
        if (context.operation)
          emitResponseTime(logger, context.operation, startedAt, res.statusCode);
      });
    });
    withContext(context, next);
  };
