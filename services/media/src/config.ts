import {
  ConfigError,
  flag,
  loadConfig,
  optional,
  text,
  url,
  whole,
  withDefault,
} from '@taar/kit/config';
import { commonSettings, assertSafeInProduction } from '@taar/kit/settings';

const megabyte = 1_000_000;
const bytes = () => whole(1, Number.MAX_SAFE_INTEGER);

export const settings = {
  ...commonSettings,
  PORT: withDefault(whole(0, 65_535), 4004),

  /** A self-hosted store, whose bucket the service creates. Without it: AWS S3. */
  S3_ENDPOINT: optional(url('http', 'https')),
  S3_REGION: withDefault(text(), 'us-east-1'),
  S3_BUCKET: withDefault(text(), 'taar-media'),
  /** Without keys, the role of the AWS task is used. */
  S3_ACCESS_KEY_ID: optional(text()),
  S3_SECRET_ACCESS_KEY: optional(text()),
  S3_FORCE_PATH_STYLE: withDefault(flag(), true),
  /** Deadline of one request to the store, including its retries. */
  S3_DEADLINE_MS: withDefault(whole(100, 120_000), 15_000),

  /** CloudFront in front of the bucket: set all three or none. */
  CDN_URL: optional(url('https')),
  CDN_KEY_PAIR_ID: optional(text()),
  CDN_PRIVATE_KEY: optional(text()),

  UPLOAD_IMAGE_BYTES: withDefault(bytes(), 16 * megabyte),
  UPLOAD_VIDEO_BYTES: withDefault(bytes(), 100 * megabyte),
  UPLOAD_AUDIO_BYTES: withDefault(bytes(), 16 * megabyte),
  UPLOAD_DOCUMENT_BYTES: withDefault(bytes(), 100 * megabyte),
  /** Direct uploads above this size are sent in parts. */
  UPLOAD_PARTS_ABOVE_BYTES: withDefault(bytes(), 16 * megabyte),
  /** Deadline of a request, including the file that it sends. */
  UPLOAD_SECONDS: withDefault(whole(1, 3_600), 900),
  /** Each upload that is under way holds about 10 MB of memory. */
  UPLOADS_AT_ONCE: withDefault(whole(1, 1_000), 24),
  UPLOADS_AT_ONCE_PER_USER: withDefault(whole(1, 1_000), 4),
  UPLOADS_PER_DAY: withDefault(whole(1, 1_000_000_000), 1_000),
  UPLOAD_BYTES_PER_DAY: withDefault(bytes(), 10_000 * megabyte),
  /** An upload that nothing uses after this time is removed. */
  ORPHAN_HOURS: withDefault(whole(1, 720), 24),

  /** Of a picture, over all of its frames. */
  MAX_PIXELS: withDefault(whole(1, 1_000_000_000), 25_000_000),
  JOBS_AT_ONCE: withDefault(whole(1, 64), 2),
  JOBS_POLL_MS: withDefault(whole(10, 60_000), 1_000),
  /** Commands. Where they are not installed, videos get no poster, size and duration. */
  FFMPEG: withDefault(text(), 'ffmpeg'),
  FFPROBE: withDefault(text(), 'ffprobe'),
};

export const config = (env: Record<string, string | undefined>) => {
  const loaded = loadConfig(settings, env);
  assertSafeInProduction(loaded);
  const cdn = [loaded.CDN_URL, loaded.CDN_KEY_PAIR_ID, loaded.CDN_PRIVATE_KEY];
  if (cdn.some(Boolean) && !cdn.every(Boolean))
    throw new ConfigError(
      'Set all of CDN_URL, CDN_KEY_PAIR_ID and CDN_PRIVATE_KEY, or none of them',
    );
  return loaded;
};
export type Config = ReturnType<typeof config>;
