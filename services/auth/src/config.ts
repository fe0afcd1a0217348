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
import { commonSettings, assertSafeInProduction } from '@taar/kit/settings';
import { readKeys } from './keys.ts';

// Auth reads its own keys directly.
const { JWKS_URL: _unused, ...shared } = commonSettings;
const daySeconds = 24 * 60 * 60;
const many = 1_000_000_000;

export const settings = {
  ...shared,
  PORT: withDefault(whole(0, 65_535), 4001),

  /** JSON array of private keys (JWK or PEM). The first one signs, all are published. */
  TOKEN_KEYS: text(),
  /** Key of refresh tokens, PINs and stored proofs. A new value ends every session. */
  AUTH_SECRET: secret(),
  ACCESS_TOKEN_SECONDS: withDefault(whole(10, 900), 900),
  SESSION_IDLE_SECONDS: withDefault(whole(60, 365 * daySeconds), 60 * daySeconds),
  SESSION_MAX_SECONDS: withDefault(whole(60, 3_650 * daySeconds), 365 * daySeconds),
  MAX_DEVICES: withDefault(whole(1, 100), 6),
  /** At the limit of devices: end the session that was idle longest, or refuse the sign-in. */
  DEVICE_LIMIT: withDefault(oneOf('replace', 'refuse'), 'replace'),
  /** After this many days without use a number may have a new owner. */
  NUMBER_IDLE_DAYS: withDefault(whole(1, 3_650), 365),
  PIN_TRIES: withDefault(whole(1, 10), 5),
  PIN_LOCK_SECONDS: withDefault(whole(1, 30 * daySeconds), daySeconds),

  FIREBASE_PROJECT: text(),
  FIREBASE_API_KEY: text(),
  /** JSON of a service account. Without it: the default credentials of the platform. */
  FIREBASE_SERVICE_ACCOUNT: optional(text()),
  /** On loopback only, because its tokens are unsigned. */
  FIREBASE_AUTH_EMULATOR_HOST: optional(text()),
  FIREBASE_DEADLINE_MS: withDefault(whole(100, 30_000), 5_000),
  FIREBASE_PROBE_MS: withDefault(whole(100, 600_000), 10_000),
  /** Largest age of the sign-in that a Firebase ID token is of. */
  ID_TOKEN_MAX_AGE_SECONDS: withDefault(whole(10, 3_600), 300),

  /** Countries that codes are sent to, as ISO 3166 letters. Empty: all. */
  SMS_REGIONS: withDefault(texts(), []),
  OTP_SECONDS: withDefault(whole(60, 3_600), 600),
  OTP_ATTEMPTS: withDefault(whole(1, 10), 5),
  OTP_RESEND_SECONDS: withDefault(whole(1, 3_600), 30),
  OTP_PER_PHONE_PER_HOUR: withDefault(whole(1, many), 5),
  OTP_PER_PHONE_PER_DAY: withDefault(whole(1, many), 10),
  OTP_PER_DEVICE_PER_HOUR: withDefault(whole(1, many), 5),
  OTP_PER_NETWORK_PER_HOUR: withDefault(whole(1, many), 20),
  /** Codes from which on a prefix can need a strong proof; from twice as many it can be refused. */
  PREFIX_MIN_SENT: withDefault(whole(1, many), 50),
  PREFIX_WINDOW_HOURS: withDefault(whole(1, 168), 6),
  /** Share of verified codes below which a strong proof is needed, or the prefix is refused. */
  PREFIX_ATTEST_PERCENT: withDefault(whole(0, 100), 25),
  PREFIX_REFUSE_PERCENT: withDefault(whole(0, 100), 10),
  /** From half of a budget on a strong proof is needed; at the whole budget codes are refused. */
  SMS_COST_MICROS: withDefault(whole(0, many), 50_000),
  SMS_PREFIX_BUDGET_MICROS: withDefault(whole(0, Number.MAX_SAFE_INTEGER), 50_000_000),
  SMS_DAILY_BUDGET_MICROS: withDefault(whole(0, Number.MAX_SAFE_INTEGER), 5_000_000_000),
};

export const config = (env: Record<string, string | undefined>) => {
  const loaded = loadConfig(settings, env);
  assertSafeInProduction(loaded);
  return { ...loaded, TOKEN_KEYS: readKeys(loaded.TOKEN_KEYS) };
};
export type Config = ReturnType<typeof config>;
