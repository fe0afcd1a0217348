import { flag, loadConfig, optional, text, url, whole, withDefault } from '@taar/kit/config';
import { commonSettings, refuseUnsafe } from '@taar/kit/settings';

export const settings = {
  ...commonSettings,
  PORT: withDefault(whole(0, 65_535), 4004),

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
