import type { ErrorCode } from './errors.ts';
import type { Policy } from './limits.ts';
import type { AnySchema, Infer, ObjectSchema } from './schema.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Outcome = {
  status: number;
  headers?: Record<string, string>;
  /** This outcome has no body. */
  empty?: true;
};

/**
 * One REST operation, as data. `input` is one object of the path parameters and the query or body,
 * so that an event can have the same schema. An operation with several kinds of success names them
 * in `outcomes`, and its verb returns `{ outcome, body }`.
 */
export type Operation = {
  method: Method;
  path: `/${string}`;
  summary: string;
  /** `user`: needs a valid access token. `none`: open to anyone. */
  auth: 'user' | 'none';
  /** Where the rest of the input is sent; by default the query of GET and DELETE, else the body. */
  from?: 'query' | 'body';
  limit?: Policy;
  /** A success proves the caller's identity, as an access token would. */
  provesIdentity?: true;
  // oxlint-disable-next-line typescript/no-explicit-any -- any object schema
  input: ObjectSchema<any>;
  output: AnySchema | null;
  status?: number;
  outcomes?: Record<string, Outcome>;
  /** Error codes of this operation, beside those that every operation has. */
  errors?: readonly ErrorCode[];
  /** The verb receives the request header `Idempotency-Key` as `idempotencyKey`. */
  idempotencyKey?: true;
  // oxlint-disable-next-line typescript/no-explicit-any -- the output's type is the operation's own
  etag?: (output: any) => string;
  cacheControl?: string;
  /** Not JSON: the handler gets the request and the response. */
  raw?: true;
  /** The bodies that a raw operation reads, by content type. */
  bodies?: Record<string, AnySchema>;
};

/** Successes of an operation that answers a repeated request with the result of the first. */
export const createdOrReplayed = {
  created: { status: 201 },
  replayed: { status: 200, headers: { 'Idempotent-Replayed': 'true' } },
} satisfies Record<string, Outcome>;

export const operation = <const O extends Operation>(operation: O): O => operation;

export type Api = Record<string, Operation>;
export type Input<O extends { input: AnySchema }> = Infer<O['input']> &
  (O extends { idempotencyKey: true } ? { idempotencyKey?: string } : unknown);
export type Body<O extends { output: AnySchema | null }> = O['output'] extends AnySchema
  ? Infer<O['output']>
  : void;
/** The value that a verb returns. */
export type Output<O extends Operation> = O extends { outcomes: infer M }
  ? { outcome: keyof M; body: Body<O> }
  : Body<O>;

/** An event that a client sends. The server answers it with an ack. */
export type ClientEvent = {
  summary: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- any object schema
  input: ObjectSchema<any>;
  output: AnySchema | null;
  limit?: Policy;
  /** A long ack is `CompressedAck` for a client whose handshake states `acceptGzip`. */
  compressible?: true;
  /** `none`: allowed before the socket is authenticated. */
  auth?: 'none';
};
export const clientEvent = <const E extends ClientEvent>(event: E): E => event;
export type ClientEventTable = Record<string, ClientEvent>;

/** An event that the server sends, without an ack. */
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

/** Whether the input that is not in the path is sent in the body. */
export const takesBody = (operation: Operation) =>
  (operation.from ?? (['get', 'delete'].includes(operation.method) ? 'query' : 'body')) === 'body';
export const pathParameters = (path: string) =>
  [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
/** All error codes that an operation may answer with. */
export const errorsOf = (operation: Operation): ErrorCode[] => [
  ...anyOperation,
  ...(takesBody(operation) ? withBody : []),
  ...(operation.auth === 'user' ? withUser : []),
  ...(operation.errors ?? []),
];
