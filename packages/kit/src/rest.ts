import { type Api, type Operation, isUuid, pathParameters, takesBody } from '@taar/contracts';
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { skipRateLimit } from './address-rate-limit.ts';
import type { Actor, Caller } from './auth.ts';
import { currentContext } from './context.ts';
import { type EdgeDeps, type UseCase, invalidField, invalidInput, parse } from './edge.ts';
import { AppError } from './errors.ts';
import { sendJson } from './send-json.ts';

export type Exchange = { req: Request; res: Response };
/** The handler of a `raw` operation. It reads the body and answers itself. */
type RawUseCase<Deps, O extends Operation> = (
  deps: Deps,
  actor: Parameters<UseCase<Deps, O>>[1],
  input: Parameters<UseCase<Deps, O>>[2],
  exchange: Exchange,
) => Promise<void>;
type UseCases<Deps, A extends Api> = {
  [K in keyof A]: A[K] extends { raw: true } ? RawUseCase<Deps, A[K]> : UseCase<Deps, A[K]>;
};
type AnyUseCase<Deps> = (
  deps: Deps,
  actor: Actor | Caller,
  input: unknown,
  exchange?: Exchange,
) => Promise<unknown>;

const maxBodyBytes = 256 * 1024;
/** For operations that anybody can call. Their largest input is an attestation token. */
const maxUnauthenticatedBytes = 16 * 1024;

/** Serves every operation of `api`. A missing, extra or mistyped use case does not compile. */
export const restRouter = <Deps extends EdgeDeps, A extends Api>(
  deps: Deps,
  api: A,
  useCases: UseCases<Deps, NoInfer<A>>,
): Router => {
  const router = Router({ caseSensitive: true, strict: true });

  for (const [name, operation] of inRoutingOrder(api)) {
    const useCase = useCases[name] as unknown as AnyUseCase<Deps>;
    const readers = takesBody(operation) && !operation.raw ? [bodyReaderOf(operation)] : [];
    router[operation.method](
      operation.path,
      checkCaller(deps, name, operation),
      ...readers,
      recordArrival,
      serve(deps, operation, useCase),
    );
  }

  for (const path of new Set(Object.values(api).map((operation) => operation.path)))
    router.all(path, rejectMethod(api, path));
  return router;
};

/** Authenticates the caller and spends the caller's budget, before the body is read. */
const checkCaller =
  (deps: EdgeDeps, name: string, operation: Operation): RequestHandler =>
  async (req, res, next) => {
    const context = currentContext();
    if (context) context.operation = name;
    const caller = callerOf(req);
    const actor =
      operation.auth === 'user' ? await deps.authenticate(caller.accessToken) : undefined;
    if (context && actor) context.userId = actor.userId;
    if (operation.limit && actor)
      await deps.spendLimit(operation.limit, { address: caller.address, ...actor }, req.params);
    if (actor) skipRateLimit(res);
    res.locals['actor'] = actor ?? caller;
    next();
  };

const serve =
  <Deps extends EdgeDeps>(
    deps: Deps,
    operation: Operation,
    useCase: AnyUseCase<Deps>,
  ): RequestHandler =>
  async (req, res) => {
    const actor = res.locals['actor'] as Actor | Caller;
    const input = {
      ...inputOf(req, operation),
      ...(operation.idempotencyKey && idempotencyKeyOf(req)),
    };
    // Callers behind one address share its budget: a request that is not valid must not spend it.
    if (operation.limit && !('userId' in actor))
      await deps.spendLimit(operation.limit, { address: actor.address }, req.params);
    if (operation.raw) {
      await useCase(deps, actor, input, { req, res });
      return;
    }
    const result = await useCase(deps, actor, input);
    if (operation.provesIdentity) skipRateLimit(res);
    await answer(res, operation, result);
  };

const rejectMethod =
  (api: Api, path: string): RequestHandler =>
  (_req, res) => {
    const methods = Object.values(api)
      .filter((operation) => operation.path === path)
      .map((operation) => operation.method.toUpperCase());
    res.set('Allow', methods.join(', '));
    throw new AppError('method_not_allowed', `Use ${methods.join(' or ')}.`);
  };

const createReadJson = (limit: number) => express.json({ limit, type: () => true });
const readJson = createReadJson(maxBodyBytes);
const readSmallJson = createReadJson(maxUnauthenticatedBytes);
const jsonType = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

const bodyReaderOf = ({ auth }: Operation) => (auth === 'none' ? readSmallBody : readBody);

const createReadBody =
  (read: RequestHandler): RequestHandler =>
  (req, res, next) => {
    const hasBody =
      req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0;
    if (!hasBody) {
      req.body = {};
      next();
      return;
    }
    if (!jsonType.test(req.get('content-type') ?? ''))
      throw new AppError('unsupported_media_type', 'Send application/json in UTF-8.');
    read(req, res, next);
  };

/** Reads a JSON body into `req.body`. Rejects any other content type. */
export const readBody = createReadBody(readJson);
const readSmallBody = createReadBody(readSmallJson);

const recordArrival: RequestHandler = (_req, res, next) => {
  res.locals['arrivedAt'] = performance.now();
  next();
};

const callerOf = (req: Request): Caller => {
  const tokens = req.headersDistinct['authorization'] ?? [];
  // Node.js keeps the first of several headers, a proxy may have checked another one.
  if (tokens.length > 1) throw invalidField('Authorization', 'array.max');
  const accessToken = /^Bearer ([^\s]+)$/i.exec(tokens[0] ?? '')?.[1];
  return {
    address: req.ip ?? 'unknown',
    ...(accessToken && { accessToken }),
    // A client that ends its half of the connection after the request is gone.
    isDisconnected: () => req.socket.destroyed || req.socket.readableEnded,
    msSinceArrival: () => performance.now() - Number(req.res?.locals['arrivedAt']),
  };
};

const inputOf = (req: Request, operation: Operation) => {
  const sent: unknown = takesBody(operation) ? (operation.raw ? {} : req.body) : req.query;
  if (sent === null || typeof sent !== 'object' || Array.isArray(sent))
    throw invalidInput('object.base');
  const repeated = pathParameters(operation.path).find((name) => Object.hasOwn(sent, name));
  if (repeated) throw invalidField(repeated, 'object.unknown');
  return parse<object>(operation.input, { ...sent, ...req.params });
};

const idempotencyKeyOf = (req: Request) => {
  const key = req.get('idempotency-key');
  if (key !== undefined && !isUuid(key))
    throw invalidField('Idempotency-Key', 'string.pattern.name');
  return key === undefined ? {} : { idempotencyKey: key };
};

/** Answers with the status and headers that the contract gives the outcome of a use case. */
export const answer = async (res: Response, operation: Operation, result: unknown) => {
  const { outcome, body } = operation.outcomes
    ? (result as { outcome: string; body: unknown })
    : { outcome: '', body: result };
  const { status, headers } = operation.outcomes?.[outcome] ?? {
    status: operation.status ?? (operation.output ? 200 : 204),
    headers: {},
  };
  res.status(status).set(headers ?? {});
  if (operation.cacheControl) res.set('Cache-Control', operation.cacheControl);
  if (operation.etag) res.set('ETag', operation.etag(body));
  if (operation.etag && res.req.fresh) res.status(304).end();
  else if (operation.output) await sendJson(res, body);
  else res.end();
};

/** Fixed words come before parameters, so that `/chats/search` does not match `/chats/:chatId`. */
const inRoutingOrder = (api: Api) => {
  const ranked = Object.entries(api).map((entry) => ({
    entry,
    rank: entry[1].path.replaceAll(':', '~'),
  }));
  return ranked
    .sort((a, b) => Number(a.rank > b.rank) - Number(a.rank < b.rank))
    .map(({ entry }) => entry);
};
