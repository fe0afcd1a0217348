import { createPrivateKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createCall } from '@taar/testing/call';
import { generateKey, readKeys, rotateKeys } from '../src/keys.ts';
import { startAuth } from './start.ts';

const { url, settings, startNode, signIn } = await startAuth();
const keys = JSON.parse(settings['TOKEN_KEYS']!) as Record<string, string>[];

const published = async (at: string) => {
  const { body, headers } = await createCall(at)(authRest.listKeys, {});
  return { keys: body.keys, cacheControl: headers['cache-control'] };
};

test('two keys are published, without their private part', async () => {
  const { keys: shown, cacheControl } = await published(url);

  expect(shown.map(({ kid }) => kid)).toEqual(keys.map(({ kid }) => kid));
  for (const key of shown) expect(Object.keys(key)).not.toContain('d');
  expect(cacheControl).toContain('max-age');
});

test('a rotation ends no session: old and new nodes accept tokens of both keys', async () => {
  const before = await signIn();
  const rotated = rotateKeys(keys) as Record<string, string>[];
  const node = await startNode({ TOKEN_KEYS: JSON.stringify(rotated) });
  const refreshed = await createCall(node.url)(authRest.refresh, {
    refreshToken: before.tokens.refreshToken,
    deviceId: before.session.deviceId,
  });

  for (const at of [url, node.url])
    for (const { accessToken } of [before.tokens, refreshed.body.tokens]) {
      const call = createCall(at, async () => accessToken);
      expect((await call(authRest.listSessions, {})).status).toBe(200);
    }
});

test('a key signs only after it was published for one whole rotation', () => {
  const [signing, next] = rotateKeys([]);
  const [second, newest, former] = rotateKeys([signing, next]);

  expect([second, former]).toEqual([next, signing]);
  expect(rotateKeys([second, newest, former]).slice(0, 1)).toEqual([newest]);
  expect(rotateKeys([signing])[0]).toBe(signing);
});

test('a key has the same id when it is read as JWK and as PEM', () => {
  const jwk = generateKey();
  const pem = createPrivateKey({ key: jwk, format: 'jwk' }).export({
    type: 'pkcs8',
    format: 'pem',
  });

  const [one, other] = readKeys(JSON.stringify([jwk, pem]));

  expect(one.kid).toBe(jwk['kid']);
  expect(other!.kid).toBe(one.kid);
});

test.each(['', 'x', '{}', '[]', '["x"]', '[{"kty":"RSA"}]'])(
  '%j is rejected as TOKEN_KEYS',
  (text) => {
    expect(() => readKeys(text)).toThrow('TOKEN_KEYS');
  },
);
