import { loadConfig, whole, withDefault } from '@taar/kit/config';
import { commonSettings, refuseUnsafe } from '@taar/kit/settings';

export const settings = {
  ...commonSettings,
  PORT: withDefault(whole(0, 65_535), 4002),
  /** A phone in the foreground says so this often; after three silent ones it is offline. */
  HEARTBEAT_MS: withDefault(whole(100, 300_000), 25_000),
  PRESENCE_GRACE_MS: withDefault(whole(0, 300_000), 15_000),
  TYPING_MS: withDefault(whole(100, 60_000), 6_000),
  EDIT_WINDOW_SECONDS: withDefault(whole(0, 31_536_000), 15 * 60),
  DELETE_WINDOW_SECONDS: withDefault(whole(0, 31_536_000), 48 * 60 * 60),
  BUS_BEAT_MS: withDefault(whole(20, 60_000), 10_000),
  RESYNC_SPREAD_MS: withDefault(whole(0, 60_000), 10_000),
  EXPIRY_SWEEP_SECONDS: withDefault(whole(1, 3_600), 5),
};

export const config = (env: Record<string, string | undefined>) => {
  const loaded = loadConfig(settings, env);
  refuseUnsafe(loaded);
  return loaded;
};
export type Config = ReturnType<typeof config>;
