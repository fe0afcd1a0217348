import {
  type Infer,
  anyObject,
  boolean,
  constant,
  integer,
  list,
  object,
  optional,
  text,
} from './schema.ts';

type Problem = { status: number; title: string; retryable?: true };

/** Every error code. `retryable`: the same request may succeed later. */
export const errors = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  validation_failed: { status: 400, title: 'Request is not valid' },
  unauthenticated: { status: 401, title: 'Authentication is needed' },
  token_expired: { status: 401, title: 'The access token has expired', retryable: true },
  session_revoked: { status: 401, title: 'The session has ended' },
  otp_invalid: { status: 401, title: 'The code is wrong' },
  refresh_token_invalid: { status: 401, title: 'The refresh token is not valid' },
  refresh_token_reused: { status: 401, title: 'The refresh token was used before' },
  forbidden: { status: 403, title: 'Not allowed' },
  forbidden_role: { status: 403, title: 'Your role does not allow this' },
  not_a_member: { status: 403, title: 'You are no longer a member' },
  account_suspended: { status: 403, title: 'The account is suspended' },
  pin_required: { status: 403, title: 'The account is protected by a PIN' },
  pin_invalid: { status: 403, title: 'The PIN is wrong' },
  app_verification_required: { status: 403, title: 'Proof of a genuine app is needed' },
  app_verification_failed: { status: 403, title: 'Proof of a genuine app was refused' },
  chat_not_found: { status: 404, title: 'No such chat' },
  message_not_found: { status: 404, title: 'No such message' },
  user_not_found: { status: 404, title: 'No such user' },
  member_not_found: { status: 404, title: 'No such member' },
  media_not_found: { status: 404, title: 'No such media' },
  status_not_found: { status: 404, title: 'No such status' },
  session_not_found: { status: 404, title: 'No such session' },
  export_not_found: { status: 404, title: 'No such export' },
  invite_not_found: { status: 404, title: 'No such invite' },
  route_not_found: { status: 404, title: 'No such route' },
  method_not_allowed: { status: 405, title: 'The route does not have this method' },
  conflict: { status: 409, title: 'Conflict' },
  idempotency_conflict: { status: 409, title: 'The key was used for another request' },
  group_full: { status: 409, title: 'The group is full' },
  last_owner: { status: 409, title: 'The group needs an owner' },
  edit_window_closed: { status: 409, title: 'Too late to edit' },
  delete_window_closed: { status: 409, title: 'Too late to delete for everyone' },
  media_not_ready: { status: 409, title: 'The media is not ready', retryable: true },
  gone: { status: 410, title: 'No longer there' },
  otp_expired: { status: 410, title: 'The code has expired' },
  upload_expired: { status: 410, title: 'The upload has expired' },
  payload_too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported content type or encoding' },
  media_type_not_allowed: { status: 415, title: 'This type of file is not allowed' },
  range_not_satisfiable: { status: 416, title: 'No such range' },
  client_too_old: { status: 426, title: 'The app is too old' },
  otp_attempts_exceeded: { status: 429, title: 'Too many wrong codes' },
  otp_resend_too_soon: { status: 429, title: 'A code was just sent', retryable: true },
  otp_region_throttled: { status: 429, title: 'Codes for this region are throttled' },
  pin_attempts_exceeded: { status: 429, title: 'Too many wrong PINs' },
  rate_limited: { status: 429, title: 'Too many requests', retryable: true },
  internal: { status: 500, title: 'Internal error', retryable: true },
  sms_provider_rejected: { status: 502, title: 'The SMS provider refused' },
  dependency_unavailable: { status: 503, title: 'Temporarily unavailable', retryable: true },
} as const satisfies Record<string, Problem>;

export type ErrorCode = keyof typeof errors;
export const isRetryable = (code: ErrorCode) => 'retryable' in errors[code];

/** RFC 9457 problem details, over REST and in acks. Extension members are allowed. */
export const wireError = object({
  type: text(100),
  title: text(100),
  status: integer(400, 599),
  detail: optional(text(1_000)),
  instance: text(100),
  code: text(50),
  retryable: boolean(),
  retryAfterMs: optional(integer(0, Number.MAX_SAFE_INTEGER)),
  errors: optional(list(object({ pointer: text(500), code: text(50), detail: text(500) }))),
}).unknown(true);
export type WireError = Omit<Infer<typeof wireError>, 'code'> & { code: ErrorCode };

export type Ack<T> = { ok: true; data: T } | { ok: false; error: WireError };
/** A success whose data is gzip of its JSON. */
export type CompressedAck = { ok: true; gzip: Uint8Array<ArrayBuffer> };
export const ackFailure = object({ ok: constant(false), error: anyObject() });
