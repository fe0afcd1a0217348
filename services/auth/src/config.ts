import {
  loadConfig,
  oneOf,
  optional,
  secret,
  text,
  texts,
  whole,
  withDefault,
} from '@taar/kit/config';
import { commonSettings, refuseUnsafe } from '@taar/kit/settings';
import { readKeys } from './keys.ts';

const { JWKS_URL: _ownKeysAreAtHand, ...shared } = commonSettings;
const daySeconds = 24 * 60 * 60;
const many = 1_000_000_000;

export const settings = {
  ...shared,
  PORT: withDefault(whole(0, 65_535), 4001),

  /** A JSON array of private keys (JWK or PEM): the first signs, all are published. */
  TOKEN_KEYS: text(),
  /** Refresh tokens, PINs and stored proofs hang on it: changing it signs everyone out. */
  AUTH_SECRET: secret(),
  ACCESS_TOKEN_SECONDS: withDefault(whole(10, 900), 900),
  SESSION_IDLE_SECONDS: withDefault(whole(60, 365 * daySeconds), 60 * daySeconds),
  SESSION_MAX_SECONDS: withDefault(whole(60, 3_650 * daySeconds), 365 * daySeconds),
  MAX_DEVICES: withDefault(whole(1, 100), 6),
  /** What happens to the oldest idle device when one too many signs in. */
  DEVICE_LIMIT: withDefault(oneOf('replace', 'refuse'), 'replace'),
  NUMBER_IDLE_DAYS: withDefault(whole(1, 3_650), 365),
  PIN_TRIES: withDefault(whole(1, 10), 5),
  PIN_LOCK_SECONDS: withDefault(whole(1, 30 * daySeconds), daySeconds),

  FIREBASE_PROJECT: text(),
  FIREBASE_API_KEY: text(),
  /** JSON of a service account; without it the platform's default credentials are used. */
  FIREBASE_SERVICE_ACCOUNT: optional(text()),
  /** Loopback only: its tokens are unsigned. */
  FIREBASE_AUTH_EMULATOR_HOST: optional(text()),
  FIREBASE_DEADLINE_MS: withDefault(whole(100, 30_000), 5_000),
  FIREBASE_PROBE_MS: withDefault(whole(100, 600_000), 10_000),
  /** How old the sign-in behind a Firebase ID token may be. */
  ID_TOKEN_MAX_AGE_SECONDS: withDefault(whole(10, 3_600), 300),

  /** Countries that get codes, as ISO 3166 letters; none: all. */
  SMS_REGIONS: withDefault(texts(), []),
  OTP_SECONDS: withDefault(whole(60, 3_600), 600),
  OTP_ATTEMPTS: withDefault(whole(1, 10), 5),
  OTP_RESEND_SECONDS: withDefault(whole(1, 3_600), 30),
  OTP_PER_PHONE_PER_HOUR: withDefault(whole(1, many), 5),
  OTP_PER_PHONE_PER_DAY: withDefault(whole(1, many), 10),
  OTP_PER_DEVICE_PER_HOUR: withDefault(whole(1, many), 5),
  OTP_PER_NETWORK_PER_HOUR: withDefault(whole(1, many), 20),
  /** Prefixes are judged from this many codes on, and refused from twice as many, over this window. */
  PREFIX_MIN_SENT: withDefault(whole(1, many), 50),
  PREFIX_WINDOW_HOURS: withDefault(whole(1, 168), 6),
  /** Below: a strong proof of the app is asked for; below the second: refused. */
  PREFIX_ATTEST_PERCENT: withDefault(whole(0, 100), 25),
  PREFIX_REFUSE_PERCENT: withDefault(whole(0, 100), 10),
  /** From half of a budget on, a strong proof is asked for. */
  SMS_COST_MICROS: withDefault(whole(0, many), 50_000),
  SMS_PREFIX_BUDGET_MICROS: withDefault(whole(0, Number.MAX_SAFE_INTEGER), 50_000_000),
  SMS_DAILY_BUDGET_MICROS: withDefault(whole(0, Number.MAX_SAFE_INTEGER), 5_000_000_000),
};

export const config = (env: Record<string, string | undefined>) => {
  const loaded = loadConfig(settings, env);
  refuseUnsafe(loaded);
  return { ...loaded, TOKEN_KEYS: readKeys(loaded.TOKEN_KEYS) };
};
export type Config = ReturnType<typeof config>;
