import { randomUUID } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import { type WireError, isUuid } from '@taar/contracts';
import cors from 'cors';
import express, {
  type ErrorRequestHandler,
  type Express,
  type RequestHandler,
  type Router,
} from 'express';
import helmet from 'helmet';
import type { Redis } from 'ioredis';
import { type Context, withContext } from './context.ts';
import { AppError, type IsUnavailable, toWireError } from './errors.ts';
import { invalidInput } from './edge.ts';
import { type Health, healthRouter } from './health.ts';
import type { Logger } from './logger.ts';
import { emitResponseTime } from './metrics.ts';
import { createShield } from './shield.ts';

type Settings = {
  CORS_ORIGINS: string[];
  TRUST_PROXY_HOPS: number;
  REDIS_PREFIX: string;
  REQUESTS_PER_MINUTE_PER_ADDRESS: number;
  MIN_CLIENT_VERSION: string;
};
type Deps = { logger: Logger; redis: Redis; isUnavailable: IsUnavailable; health: Health };

const inContext =
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

const numbers = (version: string) => version.split('.').map(Number);
/** Whether `version` (1.4.2) is older than `floor`. */
export const isOlder = (version: string, floor: string) => {
  const [own, least] = [numbers(version), numbers(floor)];
  const at = least.findIndex((part, i) => part !== (own[i] ?? 0));
  return at !== -1 && (own[at] ?? 0) < least[at]!;
};

const refuseOldClients =
  (floor: string): RequestHandler =>
  (req, _res, next) => {
    const version = /^\w+\/(\d+(?:\.\d+){0,2})$/.exec(req.get('x-client-version') ?? '')?.[1];
    if (version && isOlder(version, floor)) throw new AppError('client_too_old', 'Update the app.');
    next();
  };

/** What express and its parsers throw, in our words. */
const translated = (thrown: unknown): unknown => {
  if (thrown instanceof AppError || !(thrown instanceof Error) || !('status' in thrown))
    return thrown;
  const { status } = thrown;
  const type = 'type' in thrown ? thrown.type : '';
  if (status === 413) return new AppError('payload_too_large', 'The body is too large.');
  if (status === 415)
    return new AppError('unsupported_media_type', 'Send application/json in UTF-8.');
  if (type === 'entity.parse.failed')
    return new AppError('malformed_json', 'The body could not be read.');
  return typeof status === 'number' && status < 500 ? invalidInput('request') : thrown;
};

const sendProblem = (res: express.Response, problem: WireError) => {
  if (problem.retryAfterMs !== undefined)
    res.set('Retry-After', String(Math.ceil(problem.retryAfterMs / 1_000)));
  res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

/** The express application around a service's router. */
const createHandler = (deps: Deps, settings: Settings, router: Router): Express => {
  const app = express();
  app.set('trust proxy', settings.TRUST_PROXY_HOPS);
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.set('case sensitive routing', true);
  app.disable('x-powered-by');

  app.use(inContext(deps.logger));
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
  app.use(createShield(deps, settings));
  app.use(refuseOldClients(settings.MIN_CLIENT_VERSION));
  app.use(router);
  app.use(() => {
    throw new AppError('route_not_found', 'There is nothing at this path.');
  });
  const onError: ErrorRequestHandler = (thrown, _req, res, next) => {
    if (res.headersSent) {
      next(thrown);
      return;
    }
    sendProblem(res, toWireError(translated(thrown), deps));
  };
  app.use(onError);
  return app;
};

// Longer than the load balancer's 60 s: it must be the one that closes an idle connection.
const keepAliveMs = 65_000;
const headersMs = 10_000;
const requestMs = 30_000;

/** A service's HTTP server, its router behind the common edge. */
export const createHttp = (
  deps: Deps,
  settings: Settings,
  router: Router,
  requestTimeout = requestMs,
): Server =>
  createServer(
    {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: Math.min(headersMs, requestTimeout),
      requestTimeout,
      connectionsCheckingInterval: 2_000,
    },
    createHandler(deps, settings, router),
  );
