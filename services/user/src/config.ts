import {
  flag,
  loadConfig,
  optional,
  secret,
  text,
  url,
  whole,
  withDefault,
} from '@taar/kit/config';
import { commonSettings, assertSafeInProduction } from '@taar/kit/settings';

const daySeconds = 24 * 60 * 60;

export const settings = {
  ...commonSettings,
  PORT: withDefault(whole(0, 65_535), 4003),

  /** Key of the hashes of phone numbers in address books. A new key matches no stored number. */
  CONTACTS_SECRET: secret(),
  NEW_CONTACTS_PER_DAY: withDefault(whole(1, 1_000_000), 5_000),
  NUMBER_SEARCHES_PER_DAY: withDefault(whole(1, 1_000_000), 500),
  /** For closed deployments: every user finds every other by name. */
  USER_SEARCH_GLOBAL: withDefault(flag(), false),

  /** How long a test notification waits for the device. */
  PROBE_WAIT_MS: withDefault(whole(0, 20_000), 3_000),
  /** Largest age of the session that deletes the account. */
  FRESH_SIGN_IN_SECONDS: withDefault(whole(10, daySeconds), 600),
  /** How long a deleted account can be restored by signing in. */
  UNDO_SECONDS: withDefault(whole(1, 30 * daySeconds), 7 * daySeconds),
  EXPORT_SECONDS: withDefault(whole(60, 30 * daySeconds), 7 * daySeconds),

  /** URL of an S3-compatible store. Without it: AWS. */
  S3_ENDPOINT: optional(url('http', 'https')),
  S3_REGION: withDefault(text(), 'us-east-1'),
  S3_BUCKET: withDefault(text(), 'taar-media'),
  /** Without keys: the role of the platform. */
  S3_ACCESS_KEY_ID: optional(text()),
  S3_SECRET_ACCESS_KEY: optional(text()),
  S3_FORCE_PATH_STYLE: withDefault(flag(), true),
};

export const config = (env: Record<string, string | undefined>) => {
  const loaded = loadConfig(settings, env);
  assertSafeInProduction(loaded);
  return loaded;
};
export type Config = ReturnType<typeof config>;
