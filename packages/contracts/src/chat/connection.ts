import { clientEvent, serverEvent } from '../operation.ts';
import {
  boolean,
  integer,
  list,
  natural,
  object,
  oneOf,
  optional,
  text,
  time,
  uuid,
} from '../schema.ts';

const activity = () => oneOf('active', 'background');

const authenticated = object({
  userId: uuid(),
  sessionId: uuid(),
  socketId: text(64),
  serverTime: time(),
  tokenExpiresAt: time(),
  heartbeatMs: natural(),
  epoch: uuid(),
  /** The most that a client may compose or show; lengths in code points. */
  limits: object({
    content: natural(),
    caption: natural(),
    mentions: natural(),
    groupMembers: natural(),
    pins: natural(),
    openChats: natural(),
  }),
  /** FCM rejected the device's push token: the client registers a new one. */
  pushTokenNeeded: boolean(),
});

export const connectionClientEvents = {
  authenticate: clientEvent({
    summary:
      'Authenticate a socket that connected without a token, or renew the token of an open one',
    auth: 'none',
    input: object({
      token: text(8_192, 1),
      deviceId: uuid(),
      protocol: integer(0, 1_000),
      /** The app that connects; the server does not read it yet. */
      client: optional(object({ platform: text(20), version: text(40) })),
      state: optional(activity()),
      /** Read in the handshake alone: the client reads compressed acks. */
      acceptGzip: optional(boolean()),
    }),
    output: authenticated,
  }),
};

const reasons = [
  'token_expired',
  'session_revoked',
  'replaced',
  'rate_limited',
  'server_draining',
  'authentication_timeout',
  'identity_mismatch',
  'protocol_error',
] as const;

export type ClosingReason = (typeof reasons)[number];

export const connectionServerEvents = {
  authenticated: serverEvent({ summary: 'The socket is authenticated', payload: authenticated }),
  auth_expiring: serverEvent({
    summary: 'The access token expires soon: send `authenticate` with a new one',
    payload: object({ expiresAt: time() }),
  }),
  closing: serverEvent({
    summary: 'The server is about to close this socket',
    payload: object({
      reason: oneOf(...reasons),
      reconnect: boolean(),
      retryAfterMs: optional(natural()),
    }),
  }),
  resync_required: serverEvent({
    summary: 'Events may have been lost: sync',
    payload: object({ chatIds: optional(list(uuid())) }),
  }),
};
