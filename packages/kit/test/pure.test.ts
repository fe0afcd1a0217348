import { describe, expect, test } from '@jest/globals';
import { loadConfig, texts, url, whole, withDefault } from '../src/config.ts';
import { cutPage, fromCursor, toCursor } from '../src/cursor.ts';
import { AppError } from '../src/errors.ts';
import { createFlood } from '../src/flood.ts';
import { isOlder } from '../src/http.ts';
import { redact } from '../src/logger.ts';
import { emitMetrics } from '../src/metrics.ts';
import { commonSettings, refuseUnsafe } from '../src/settings.ts';

describe('configuration', () => {
  const settings = {
    PORT: withDefault(whole(0, 65_535), 80),
    DATABASE_URL: url('postgresql'),
    ORIGINS: texts(),
  };

  test('names every mistake at once, and no value', () => {
    const load = () => loadConfig(settings, { PORT: 'canary', DATABASE_URL: '' });
    expect(load).toThrow(/PORT.*DATABASE_URL.*ORIGINS|DATABASE_URL.*PORT/);
    expect(load).not.toThrow(/canary/);
  });

  test('reads types and fills in defaults', () => {
    const env = { DATABASE_URL: 'postgresql://x/y', ORIGINS: 'https://a, https://b' };
    expect(loadConfig(settings, env)).toEqual({
      PORT: 80,
      DATABASE_URL: 'postgresql://x/y',
      ORIGINS: ['https://a', 'https://b'],
    });
  });

  test('H103 a laptop’s settings are refused in production', () => {
    const production = {
      NODE_ENV: 'production',
      CORS_ORIGINS: [],
      JWKS_URL: '',
      RATE_LIMIT_FACTOR: 1,
    };
    expect(() => refuseUnsafe(production)).not.toThrow();
    for (const unsafe of [
      { CORS_ORIGINS: ['*'] },
      { FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9099' },
      { FCM_LOCAL_URL: 'http://127.0.0.1:1' },
    ])
      expect(() => refuseUnsafe({ ...production, ...unsafe })).toThrow(/Refused in production/);
    // A number of hops, so that `true`, which trusts every forwarded address, does not parse.
    expect(() => loadConfig({ HOPS: commonSettings.TRUST_PROXY_HOPS }, { HOPS: 'true' })).toThrow(
      /HOPS/,
    );
  });
});

describe('logs', () => {
  test('hold no secret, by key or by look, and survive whatever is logged', () => {
    const circular: Record<string, unknown> = { id: 7n };
    circular['self'] = circular;
    const line = JSON.stringify(
      redact({
        authorization: 'Bearer x',
        nested: { refreshToken: 'x', phoneNumber: '+919876543210', content: 'hello' },
        note: 'sent code 123456 to +919876543210 with eyJhbGciOi.eyJzdWIi.c2ln',
        error: new Error('for +919876543210'),
        circular,
      }),
    );
    expect(line).not.toMatch(/919876543210|123456|eyJ|hello|Bearer x/);
  });

  test('that are metrics keep the names by which CloudWatch finds the numbers', () => {
    const lines: unknown[] = [];
    const info = (_message: string, fields: unknown) => lines.push(redact(fields));
    const logger = { info, debug: info, warn: info, error: info };
    emitMetrics(logger, { service: 'chat' }, [{ name: 'sockets', unit: 'Count', value: 3 }]);
    expect(lines).toMatchObject([
      {
        _aws: {
          CloudWatchMetrics: [{ Dimensions: [['service']], Metrics: [{ Name: 'sockets' }] }],
        },
        service: 'chat',
        sockets: 3,
      },
    ]);
  });
});

describe('cursors', () => {
  test('go back to the list and filters they came from, and to no other', () => {
    const cursor = toCursor(['all'], ['a', 7]);
    expect(fromCursor(['all'], cursor, ['text', 'number'])).toEqual(['a', 7]);
    for (const read of [
      () => fromCursor(['unread'], cursor, ['text', 'number']),
      () => fromCursor(['all'], cursor, ['text']),
      () => fromCursor(['all'], cursor, ['uuid', 'number']),
      () => fromCursor(['all'], cursor, ['text', 'time']),
      () => fromCursor(['all'], `${cursor}x`, ['text']),
      () => fromCursor(['all'], 'null', []),
    ])
      expect(read).toThrow(AppError);
  });

  test('a page ends with a cursor only where more rows follow', () => {
    const filters = ['all'];
    const keyOf = (row: number) => [row];
    const { page, nextCursor } = cutPage([1, 2, 3], { filters, limit: 2 }, keyOf);

    expect(page).toEqual([1, 2]);
    expect(fromCursor(filters, nextCursor!, ['number'])).toEqual([2]);
    expect(cutPage([3], { filters, limit: 2 }, keyOf)).toEqual({ page: [3], nextCursor: null });
  });
});

describe('the flood guard', () => {
  test('lets a burst pass, then refuses, then closes', () => {
    const flood = createFlood();
    const verdicts = Array.from({ length: 1_000 }, () => flood());
    expect(verdicts.slice(0, 60).every((verdict) => verdict === 'pass')).toBe(true);
    expect(verdicts[100]).toBe('refuse');
    expect(verdicts.at(-1)).toBe('close');
  });
});

test.each([
  ['1.3.9', '1.4.0', true],
  ['1.4', '1.4.0', false],
  ['1.10.0', '1.9.9', false],
  ['2.0.0', '1.9.9', false],
  ['0.9', '1.0.0', true],
])('version %s against the floor %s: too old is %s', (version, floor, expected) => {
  expect(isOlder(version, floor)).toBe(expected);
});
