import { ConfigError, oneOf, text, texts, url, whole, withDefault } from './config.ts';

/** Settings that every service has. */
export const commonSettings = {
  NODE_ENV: withDefault(oneOf('development', 'test', 'production'), 'production'),
  LOG_LEVEL: withDefault(oneOf('debug', 'info', 'warn', 'error'), 'info'),
  DATABASE_URL: url('postgresql', 'postgres'),
  DATABASE_POOL: withDefault(whole(1, 200), 10),
  REDIS_URL: url('redis', 'rediss'),
  REDIS_PREFIX: withDefault(text(), 'taar'),
  JWKS_URL: url('http', 'https'),
  ISSUER: withDefault(text(), 'https://taar.example'),
  CORS_ORIGINS: withDefault(texts(), []),
  TRUST_PROXY_HOPS: withDefault(whole(0, 5), 0),
  RATE_LIMIT_FACTOR: withDefault(whole(1, 10_000), 1),
  REQUESTS_PER_MINUTE_PER_ADDRESS: withDefault(whole(1, 10_000_000), 3_000),
  MIN_CLIENT_VERSION: withDefault(text(), '0.0.0'),
  DRAIN_SECONDS: withDefault(whole(0, 110), 20),
};

type Common = { NODE_ENV: string; CORS_ORIGINS: string[] };

/** Throws when production is configured with settings that only suit a developer's machine. */
export const assertSafeInProduction = (config: Common & Record<string, unknown>) => {
  if (config.NODE_ENV !== 'production') return;
  const unsafe = [
    config['FIREBASE_AUTH_EMULATOR_HOST'] && 'FIREBASE_AUTH_EMULATOR_HOST is set',
    config['FCM_LOCAL_URL'] && 'FCM_LOCAL_URL is set',
    config.CORS_ORIGINS.includes('*') && 'CORS_ORIGINS contains *',
  ].filter(Boolean);
  if (unsafe.length > 0) throw new ConfigError(`Not allowed in production: ${unsafe.join('; ')}`);
};
