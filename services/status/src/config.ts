import { loadConfig, whole, withDefault } from '@taar/kit/config';
import { commonSettings, assertSafeInProduction } from '@taar/kit/settings';

export const settings = {
  ...commonSettings,
  PORT: withDefault(whole(0, 65_535), 4005),
};

export const config = (env: Record<string, string | undefined>) => {
  const loaded = loadConfig(settings, env);
  assertSafeInProduction(loaded);
  return loaded;
};
export type Config = ReturnType<typeof config>;
