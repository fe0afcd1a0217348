import { loadConfig, optional, text, url, whole, withDefault } from '@taar/kit/config';
import { commonSettings, assertSafeInProduction } from '@taar/kit/settings';

export const settings = {
  ...commonSettings,
  PORT: withDefault(whole(0, 65_535), 4002),
  /** A phone in the foreground says so this often; after three silent ones it is offline. */
  HEARTBEAT_MS: withDefault(whole(100, 300_000), 25_000),
  PRESENCE_GRACE_MS: withDefault(whole(0, 300_000), 15_000),
  TYPING_MS: withDefault(whole(100, 60_000), 6_000),
  /** Push is off without a project. */
  FIREBASE_PROJECT: optional(text()),
  /** JSON of a service account; without it the platform's default credentials are used. */
  FIREBASE_SERVICE_ACCOUNT: optional(text()),
  /** In place of FCM, on loopback. */
  FCM_LOCAL_URL: optional(url('http')),
  /** What a connected device has not got after this long is pushed to it. */
  PUSH_LATER_MS: withDefault(whole(0, 3_600_000), 60_000),
  PUSH_RETRY_MS: withDefault(whole(1, 600_000), 1_000),
  /** What could not be sent for so long is dropped. */
  PUSH_TTL_SECONDS: withDefault(whole(1, 2_592_000), 24 * 60 * 60),
  PUSH_POLL_MS: withDefault(whole(10, 60_000), 1_000),
  EDIT_WINDOW_SECONDS: withDefault(whole(0, 31_536_000), 15 * 60),
  DELETE_WINDOW_SECONDS: withDefault(whole(0, 31_536_000), 48 * 60 * 60),
  BUS_BEAT_MS: withDefault(whole(20, 60_000), 10_000),
  RESYNC_SPREAD_MS: withDefault(whole(0, 60_000), 10_000),
  EXPIRY_SWEEP_SECONDS: withDefault(whole(1, 3_600), 5),
};

export const config = (env: Record<string, string | undefined>) => {
  const loaded = loadConfig(settings, env);
  assertSafeInProduction(loaded);
  return loaded;
};
export type Config = ReturnType<typeof config>;
