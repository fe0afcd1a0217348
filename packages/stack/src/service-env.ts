import type { Env } from './env.ts';
import type { Parts } from './start-parts.ts';
import type { Secrets } from './secrets.ts';

/** Defaults for a laptop. Environment variables override them. */
const defaults = {
  NODE_ENV: 'development',
  LOG_LEVEL: 'warn',
  RATE_LIMIT_FACTOR: '100',
  REQUESTS_PER_MINUTE_PER_ADDRESS: '300000',
  DRAIN_SECONDS: '1',
  OTP_RESEND_SECONDS: '1',
  // A hint for the maintainers of Taar, not for its users.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

/** The settings that all services share: all but `DATABASE_URL`. */
export const serviceEnv = (env: Env, port: number, parts: Parts, secrets: Secrets): Env => {
  const { redis, s3, firebaseAuth, fcm } = parts;
  const ours = {
    ...defaults,
    TOKEN_KEYS: JSON.stringify(secrets.tokenKeys),
    AUTH_SECRET: secrets.authSecret,
    CONTACTS_SECRET: secrets.contactsSecret,
    CORS_ORIGINS: `http://localhost:${port},http://127.0.0.1:${port}`,
    S3_ACCESS_KEY_ID: secrets.s3.accessKeyId,
    S3_SECRET_ACCESS_KEY: secrets.s3.secretAccessKey,
    ...(firebaseAuth && { FIREBASE_API_KEY: 'local' }),
  };
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value));
  return {
    ...ours,
    ...given,
    REDIS_URL: redis.url,
    S3_ENDPOINT: s3.url,
    JWKS_URL: `http://127.0.0.1:${port}/auth/.well-known/jwks.json`,
    TRUST_PROXY_HOPS: '1',
    ...(fcm && { FCM_LOCAL_URL: fcm.url }),
    ...(firebaseAuth && {
      FIREBASE_PROJECT: firebaseAuth.project,
      FIREBASE_AUTH_EMULATOR_HOST: new URL(firebaseAuth.url).host,
    }),
  };
};
