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
import { commonSettings, refuseUnsafe } from '@taar/kit/settings';

const daySeconds = 24 * 60 * 60;

export const settings = {
  ...commonSettings,
  PORT: withDefault(whole(0, 65_535), 4003),

  /** Keeps strangers' numbers unreadable in the database: changing it forgets them. */
  CONTACTS_SECRET: secret(),
  NEW_CONTACTS_PER_DAY: withDefault(whole(1, 1_000_000), 5_000),
  NUMBER_SEARCHES_PER_DAY: withDefault(whole(1, 1_000_000), 500),
  /** For closed deployments: everybody finds everybody by name. */
  USER_SEARCH_GLOBAL: withDefault(flag(), false),

  /** How long a test of the notifications waits for the device. */
  PROBE_WAIT_MS: withDefault(whole(0, 20_000), 3_000),
  /** How old the sign-in of somebody who wants to leave may be. */
  FRESH_SIGN_IN_SECONDS: withDefault(whole(10, daySeconds), 600),
  UNDO_SECONDS: withDefault(whole(1, 30 * daySeconds), 7 * daySeconds),
  EXPORT_SECONDS: withDefault(whole(60, 30 * daySeconds), 7 * daySeconds),

  /** A store of one's own; none: AWS. */
  S3_ENDPOINT: optional(url('http', 'https')),
  S3_REGION: withDefault(text(), 'us-east-1'),
  S3_BUCKET: withDefault(text(), 'taar-media'),
  /** Without keys the platform's role is used. */
  S3_ACCESS_KEY_ID: optional(text()),
  S3_SECRET_ACCESS_KEY: optional(text()),
  S3_FORCE_PATH_STYLE: withDefault(flag(), true),
};

export const config = (env: Record<string, string | undefined>) => {
  const loaded = loadConfig(settings, env);
  refuseUnsafe(loaded);
  return loaded;
};
export type Config = ReturnType<typeof config>;
