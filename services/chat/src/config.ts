import { loadConfig, optional, text, url, whole, withDefault } from '@taar/kit/config';
import { commonSettings, assertSafeInProduction } from '@taar/kit/settings';

export const settings = {
  ...commonSettings,
  PORT: withDefault(whole(0, 65_535), 4002),
  /** Interval of the heartbeats of an app in the foreground. Three missed ones end its lease. */
  HEARTBEAT_MS: withDefault(whole(100, 300_000), 25_000),
  PRESENCE_GRACE_MS: withDefault(whole(0, 300_000), 15_000),
  TYPING_MS: withDefault(whole(100, 60_000), 6_000),
  /** Without it push is off. */
  FIREBASE_PROJECT: optional(text()),
  /** JSON of a service account. Without it the SDK uses Application Default Credentials. */
  FIREBASE_SERVICE_ACCOUNT: optional(text()),
  /** Address of a local server that takes the place of FCM. */
  FCM_LOCAL_URL: optional(url('http')),
  /** A connected device that has not confirmed a message by then gets a push. */
  PUSH_LATER_MS: withDefault(whole(0, 3_600_000), 60_000),
  PUSH_RETRY_MS: withDefault(whole(1, 600_000), 1_000),
  /** A push that could not be sent by then is dropped. */
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
