import type { ErrorCode } from './errors.ts';
import type { Policy } from './limits.ts';
import type { AnySchema, Infer, ObjectSchema } from './schema.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Outcome = {
  status: number;
  headers?: Record<string, string>;
  /** Without the operation's output. */
  empty?: true;
};

/**
 * One REST operation, as data. `input` holds the path's parameters together with the query (GET,
 * DELETE) or the body, so that the same schema serves an event. Where more than one success
 * exists, `outcomes` names them and the verb answers `{ outcome, body }`.
 */
export type Operation = {
  method: Method;
  path: `/${string}`;
  summary: string;
  /** `user`: a valid access token. `none`: anyone. */
  auth: 'user' | 'none';
  /** Where the input that is not in the path travels; by default the body, for GET the query. */
  from?: 'query' | 'body';
  limit?: Policy;
  /** A success proves the caller's identity, as an access token would. */
  provesIdentity?: true;
  // oxlint-disable-next-line typescript/no-explicit-any -- any object schema
  input: ObjectSchema<any>;
  output: AnySchema | null;
  status?: number;
  outcomes?: Record<string, Outcome>;
  /** Codes that this operation answers with, beside those that every operation has. */
  errors?: readonly ErrorCode[];
  /** The request header `Idempotency-Key` reaches the verb as `idempotencyKey`. */
  idempotencyKey?: true;
  // oxlint-disable-next-line typescript/no-explicit-any -- the output's type is the operation's own
  etag?: (output: any) => string;
  cacheControl?: string;
  /** Not JSON in or out: the handler gets the request and the response. */
  raw?: true;
  /** What a raw operation reads, by content type. */
  bodies?: Record<string, AnySchema>;
};

export const operation = <const O extends Operation>(operation: O): O => operation;

export type Api = Record<string, Operation>;
export type Input<O extends { input: AnySchema }> = Infer<O['input']> &
  (O extends { idempotencyKey: true } ? { idempotencyKey?: string } : unknown);
export type Body<O extends { output: AnySchema | null }> = O['output'] extends AnySchema
  ? Infer<O['output']>
  : void;
/** What a verb returns. */
export type Output<O extends Operation> = O extends { outcomes: infer M }
  ? { outcome: keyof M; body: Body<O> }
  : Body<O>;

/** An event a client sends: answered by an ack. */
export type ClientEvent = {
  summary: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- any object schema
  input: ObjectSchema<any>;
  output: AnySchema | null;
  limit?: Policy;
  /** `none`: allowed before the socket is authenticated. */
  auth?: 'none';
};
export const clientEvent = <const E extends ClientEvent>(event: E): E => event;
export type ClientEventTable = Record<string, ClientEvent>;

/** An event the server sends: no ack. */
export type ServerEvent = {
  summary: string;
  /** One numbered change of one chat: a client applies these in the order of `changeSeq`. */
  durable?: true;
  payload: AnySchema;
};
export const serverEvent = <const E extends ServerEvent>(event: E): E => event;
export type ServerEventTable = Record<string, ServerEvent>;

const anyOperation: ErrorCode[] = [
  'validation_failed',
  'rate_limited',
  'internal',
  'dependency_unavailable',
];
const withBody: ErrorCode[] = ['malformed_json', 'unsupported_media_type', 'payload_too_large'];
const withUser: ErrorCode[] = [
  'unauthenticated',
  'token_expired',
  'session_revoked',
  'account_suspended',
];

/** Whether what is not in the path travels in the body. */
export const takesBody = (operation: Operation) =>
  (operation.from ?? (['get', 'delete'].includes(operation.method) ? 'query' : 'body')) === 'body';
export const pathParameters = (path: string) =>
  [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
/** The codes an operation may answer with. */
export const errorsOf = (operation: Operation): ErrorCode[] => [
  ...anyOperation,
  ...(takesBody(operation) ? withBody : []),
  ...(operation.auth === 'user' ? withUser : []),
  ...(operation.errors ?? []),
];
