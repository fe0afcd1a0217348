import { digits } from '../digits.ts';
import { nameSizes } from '../sizes.ts';
import { tokens } from './tokens.ts';
import { me } from './user.ts';
import {
  type Infer,
  boolean,
  exactlyOneKeyOf,
  named,
  nullable,
  object,
  oneOf,
  optional,
  pattern,
  phoneNumber,
  text,
  time,
  uuid,
  visibleText,
} from '../schema.ts';

export const otpLength = 6;
const otpCode = () => digits(otpLength, otpLength);
export const pin = () => digits(4, 12);
export const platform = () => oneOf('android', 'ios', 'web');
/** The length is bounded by the unique index on push tokens. */
export const pushToken = () => pattern(/^[\x21-\x7e]{1,2048}$/, 'push token');
const maxProof = 20_000;

/** Proof that the request comes from a genuine app; the SMS provider checks one of the kinds. */
export const appVerification = named(
  'AppVerification',
  object({
    playIntegrityToken: optional(text(maxProof, 1)),
    iosReceipt: optional(text(maxProof, 1)),
    iosSecret: optional(text(500, 1)),
    iosBundleId: optional(pattern(/^[A-Za-z0-9.-]{1,255}$/, 'bundle id')),
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
    pushToken: optional(pushToken()),
  }),
);
export type Device = Infer<typeof device>;

/**
 * Proves a phone number: by the code sent to it, or by a Firebase ID token from an app in which
 * Firebase checked the code. `pin: null` means that the user does not know the account's PIN.
 */
export const proof = {
  verificationId: optional(uuid()),
  phoneNumber: optional(phoneNumber()),
  code: optional(otpCode()),
  firebaseIdToken: optional(text(4_096, 1)),
  pin: optional(nullable(pin())),
  device,
};
export const proven = <T extends { code?: string; firebaseIdToken?: string }>(
  schema: Parameters<typeof exactlyOneKeyOf<T>>[0],
) => exactlyOneKeyOf(schema, 'code', 'firebaseIdToken');

export const signedIn = named(
  'SignedIn',
  object({
    isNewUser: boolean(),
    user: me,
    session: object({ id: uuid(), deviceId: uuid(), createdAt: time() }),
    tokens,
  }),
);
export type SignedIn = Infer<typeof signedIn>;

/** Fields of both `PUT /auth/profile` and `PUT /users/me`. */
export const profileFields = {
  name: optional(visibleText(nameSizes.user)),
  about: optional(nullable(text(nameSizes.about))),
  avatarMediaId: optional(nullable(uuid())),
};

/** A public key that verifies access tokens. */
export const jsonWebKey = object({
  kty: text(8),
  crv: text(16),
  x: text(100),
  y: text(100),
  kid: text(100),
  use: text(8),
  alg: text(8),
});
