import { describe, expect, test } from '@jest/globals';
import { loadConfig, texts, url, whole, withDefault } from '../src/config.ts';
import { assertSafeInProduction, commonSettings } from '../src/settings.ts';

describe('configuration', () => {
  const settings = {
    PORT: withDefault(whole(0, 65_535), 80),
    DATABASE_URL: url('postgresql'),
    ORIGINS: texts(),
  };

  test('names every mistake at once, and never a value', () => {
    const load = () => loadConfig(settings, { PORT: 'canary', DATABASE_URL: '' });
    expect(load).toThrow(/PORT.*DATABASE_URL.*ORIGINS|DATABASE_URL.*PORT/);
    expect(load).not.toThrow(/canary/);
  });

  test('reads types and applies defaults', () => {
    const env = { DATABASE_URL: 'postgresql://x/y', ORIGINS: 'https://a, https://b' };
    expect(loadConfig(settings, env)).toEqual({
      PORT: 80,
      DATABASE_URL: 'postgresql://x/y',
      ORIGINS: ['https://a', 'https://b'],
    });
  });

  test('rejects settings of a developer machine in production', () => {
    const production = {
      NODE_ENV: 'production',
      CORS_ORIGINS: [],
      JWKS_URL: '',
      RATE_LIMIT_FACTOR: 1,
    };
    expect(() => assertSafeInProduction(production)).not.toThrow();
    for (const unsafe of [
      { CORS_ORIGINS: ['*'] },
      { FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9099' },
      { FCM_LOCAL_URL: 'http://127.0.0.1:1' },
    ])
      expect(() => assertSafeInProduction({ ...production, ...unsafe })).toThrow(
        /Not allowed in production/,
      );
    // `true` would trust every forwarded address, so only a number of hops parses.
    expect(() => loadConfig({ HOPS: commonSettings.TRUST_PROXY_HOPS }, { HOPS: 'true' })).toThrow(
      /HOPS/,
    );
  });
});
