import { me } from './models/user.ts';
import { tokens } from './models/tokens.ts';
import { operation } from './operation.ts';
import {
  type Infer,
  allOrNoneOf,
  atLeastOneKey,
  boolean,
  digits,
  exactlyOneKeyOf,
  integer,
  named,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  list,
  page,
  phoneNumber,
  text,
  time,
  uuid,
  visibleText,
} from './schema.ts';

const jsonWebKey = object({
  kty: text(8),
  crv: text(16),
  x: text(100),
  y: text(100),
  kid: text(100),
  use: text(8),
  alg: text(8),
});

export const otpLength = 6;
const otpCode = () => digits(otpLength, otpLength);
const pin = () => digits(4, 12);
const platform = () => oneOf('android', 'ios', 'web');
const maxProof = 20_000;

/** Proof that a genuine app asks, as the SMS provider takes it; one kind is enough. */
export const appVerification = named(
  'AppVerification',
  object({
    playIntegrityToken: optional(text(maxProof, 1)),
    iosReceipt: optional(text(maxProof, 1)),
    iosSecret: optional(text(500, 1)),
    iosBundleId: optional(text(255, 1)),
    captchaResponse: optional(text(maxProof, 1)),
    clientType: optional(oneOf('CLIENT_TYPE_WEB', 'CLIENT_TYPE_ANDROID', 'CLIENT_TYPE_IOS')),
    recaptchaVersion: optional(oneOf('RECAPTCHA_ENTERPRISE')),
    recaptchaToken: optional(text(maxProof, 1)),
  }),
);
export type AppVerification = Infer<typeof appVerification>;

export const device = named(
  'Device',
  object({
    deviceId: uuid(),
    platform: platform(),
    model: optional(text(100)),
    appVersion: optional(text(32)),
    locale: optional(text(35)),
    pushToken: optional(text(4_096, 1)),
  }),
);
export type Device = Infer<typeof device>;

/**
 * A number is proven by the code that was sent to it, or by the ID token of an app that had
 * Firebase check the code itself. `pin: null` says that the PIN of the account is not known.
 */
const proof = {
  verificationId: optional(uuid()),
  phoneNumber: optional(phoneNumber()),
  code: optional(otpCode()),
  firebaseIdToken: optional(text(4_096, 1)),
  pin: optional(nullable(pin())),
  device,
};
const proven = <T extends { code?: string; firebaseIdToken?: string }>(
  schema: Parameters<typeof exactlyOneKeyOf<T>>[0],
) => exactlyOneKeyOf(schema, 'code', 'firebaseIdToken');

const signedIn = named(
  'SignedIn',
  object({
    isNewUser: boolean(),
    user: me,
    session: object({ id: uuid(), deviceId: uuid(), createdAt: time() }),
    tokens,
  }),
);
export type SignedIn = Infer<typeof signedIn>;

/** What `PUT /auth/profile` and `PUT /users/me` have in common. */
export const profileFields = {
  name: optional(visibleText(64)),
  about: optional(nullable(text(140))),
  avatarMediaId: optional(nullable(uuid())),
};

const signInErrors = [
  'otp_invalid',
  'otp_expired',
  'otp_attempts_exceeded',
  'unauthenticated',
  'account_suspended',
  'pin_required',
  'pin_invalid',
  'pin_attempts_exceeded',
  'conflict',
] as const;

export const authRest = {
  sendOtp: operation({
    method: 'post',
    path: '/auth/send-otp',
    summary: 'Send a code by SMS to a phone number',
    auth: 'none',
    limit: 'sendOtp',
    input: object({
      phoneNumber: phoneNumber(),
      locale: optional(text(35)),
      device: object({ deviceId: uuid(), platform: platform() }),
      appVerification: optional(appVerification),
    }),
    status: 202,
    output: object({
      verificationId: uuid(),
      expiresAt: time(),
      resendAfterSeconds: natural(),
      codeLength: integer(otpLength, otpLength),
      channel: oneOf('sms'),
    }),
    errors: [
      'app_verification_required',
      'app_verification_failed',
      'otp_resend_too_soon',
      'otp_region_throttled',
      'sms_provider_rejected',
    ],
  }),
  verifyOtp: operation({
    method: 'post',
    path: '/auth/verify-otp',
    summary: 'Prove a number, create the account if it is new, open a session',
    auth: 'none',
    limit: 'verifyOtp',
    input: proven(
      allOrNoneOf(
        object({
          ...proof,
          profile: optional(object({ name: profileFields.name, about: profileFields.about })),
        }),
        'verificationId',
        'phoneNumber',
        'code',
      ),
    ),
    output: signedIn,
    outcomes: { created: { status: 201 }, existing: { status: 200 } },
    errors: signInErrors,
  }),
  login: operation({
    method: 'post',
    path: '/auth/login',
    summary: 'Prove a number and open a session of the account it has',
    auth: 'none',
    limit: 'verifyOtp',
    input: proven(allOrNoneOf(object(proof), 'verificationId', 'phoneNumber', 'code')),
    output: signedIn,
    errors: [...signInErrors, 'user_not_found'],
  }),
  refresh: operation({
    method: 'post',
    path: '/auth/refresh',
    summary: 'Trade a refresh token for the next pair of tokens',
    auth: 'none',
    input: object({ refreshToken: text(512, 1), deviceId: uuid() }),
    output: object({ tokens }),
    errors: [
      'refresh_token_invalid',
      'refresh_token_reused',
      'session_revoked',
      'account_suspended',
    ],
  }),
  logout: operation({
    method: 'post',
    path: '/auth/logout',
    summary: 'End this session, or all of mine',
    auth: 'none',
    input: object({ refreshToken: optional(text(512)), allDevices: optional(boolean()) }),
    output: null,
  }),
  updateProfile: operation({
    method: 'put',
    path: '/auth/profile',
    summary: 'Fill in my profile after signing up',
    auth: 'user',
    limit: 'write',
    input: atLeastOneKey(object(profileFields)),
    output: me,
    errors: ['media_not_found', 'media_not_ready'],
  }),
  listSessions: operation({
    method: 'get',
    path: '/auth/sessions',
    summary: 'My devices',
    auth: 'user',
    limit: 'read',
    input: object({}),
    output: page(
      named(
        'Session',
        object({
          id: uuid(),
          deviceId: uuid(),
          platform: text(16),
          model: nullable(text(100)),
          appVersion: nullable(text(32)),
          createdAt: time(),
          lastUsedAt: time(),
          current: boolean(),
        }),
      ),
    ),
  }),
  deleteSession: operation({
    method: 'delete',
    path: '/auth/sessions/:sessionId',
    summary: 'Sign one of my devices out',
    auth: 'user',
    limit: 'write',
    input: object({ sessionId: uuid() }),
    output: null,
    errors: ['session_not_found'],
  }),
  updatePushToken: operation({
    method: 'put',
    path: '/auth/sessions/current/push-token',
    summary: 'Say where pushes of this device go; the token is taken from any other session',
    auth: 'user',
    limit: 'write',
    input: object({ token: text(4_096, 1), provider: oneOf('fcm') }),
    output: null,
  }),
  updatePin: operation({
    method: 'put',
    path: '/auth/pin',
    summary: 'Set, change or remove the PIN that guards the account against a lost number',
    auth: 'user',
    limit: 'write',
    input: object({ pin: nullable(pin()), currentPin: optional(pin()) }),
    output: null,
    errors: ['pin_required', 'pin_invalid', 'pin_attempts_exceeded'],
  }),
  listKeys: operation({
    method: 'get',
    path: '/auth/.well-known/jwks.json',
    summary: 'Public keys that verify access tokens',
    auth: 'none',
    input: object({}),
    output: object({ keys: list(jsonWebKey) }),
    cacheControl: 'public, max-age=300',
  }),
};
