import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { get } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import jwt from 'jsonwebtoken';
import { problemOf, startAuth } from './start.ts';

const { url, admin, call, settings, signIn, holding } = await startAuth();

const [jwk] = JSON.parse(settings['TOKEN_KEYS']!) as [Record<string, string>];
const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
const { tokens, user } = await signIn();
const genuine = jwt.decode(tokens.accessToken, { complete: true })!;
const claims = genuine.payload as jwt.JwtPayload;
const now = Math.floor(Date.now() / 1_000);

const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
const sign = (payload: object | string, header: object = {}) =>
  jwt.sign(payload, privateKey, {
    algorithm: 'ES256',
    header: { alg: 'ES256', kid: jwk['kid'], ...header },
  });
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (header: object) => `${part(header)}.${part(claims)}.`;
const withPayload = (payload: string) =>
  `${part(genuine.header)}.${Buffer.from(payload).toString('base64url')}.c2ln`;
const ask = async (accessToken: string) =>
  problemOf(await holding({ tokens: { ...tokens, accessToken } })(authRest.listSessions, {}));

const forged = () => {
  const kid = jwk['kid']!;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const [, payload] = tokens.accessToken.split('.');
  // jsonwebtoken does not sign with a public key, so the key is passed as bytes.
  const confused = jwt.sign(claims, Buffer.from(publicPem), { algorithm: 'HS256', keyid: kid });
  return {
    'without an algorithm': unsigned({ alg: 'none', typ: 'JWT', kid }),
    'signed with the public key as a secret': confused,
    'signed by RSA': jwt.sign(claims, rsa, { algorithm: 'RS256', keyid: kid }),
    'on another curve': jwt.sign(claims, p384, { algorithm: 'ES384', keyid: kid }),
    'signed by another key': jwt.sign(claims, otherKey, { algorithm: 'ES256', keyid: kid }),
    'with the signature cut off': `${tokens.accessToken.split('.')[0]}.${payload}.`,
    'without an expiry': sign(without('exp')),
    'valid for too long': sign({ ...claims, exp: now + 86_400 }),
    'issued in the future': sign({ ...claims, iat: now + 3_600, exp: now + 3_700 }),
    'not valid yet': sign({ ...claims, nbf: now + 3_600 }),
    'for another audience': sign({ ...claims, aud: 'other' }),
    'of another issuer': sign({ ...claims, iss: 'https://evil.example' }),
    'of another type': sign({ ...claims, typ: 'refresh' }),
    'without a type': sign(without('typ')),
    'that is a refresh token': tokens.refreshToken,
    'whose kid is a path': sign(claims, { kid: '../../etc/passwd' }),
    'whose kid is SQL': sign(claims, { kid: "' or 1=1" }),
    'whose kid is huge': sign(claims, { kid: 'k'.repeat(10_000) }),
    'whose kid is in the prototype': sign(claims, { kid: '__proto__' }),
    'that contains its own key': sign(claims, { kid: 'own', jwk, jku: 'http://127.0.0.1:1/' }),
    'that is a string': sign('taar'),
    'whose payload is not JSON': withPayload('{"sub":'),
    'whose subject is not an id': sign({ ...claims, sub: 'admin' }),
    'whose subject is another user': sign({ ...claims, sub: randomUUID() }),
    'of an unknown session': sign({ ...claims, sid: randomUUID() }),
  };
};

describe('an access token', () => {
  test.each(Object.entries(forged()))('%s is rejected', async (_what, token) => {
    const problem = await ask(token);

    expect(problem['status']).toBe(401);
    expect(['unauthenticated', 'session_revoked']).toContain(problem['code']);
  });

  test('that has expired is rejected with its own code', async () => {
    const expired = sign({ ...claims, iat: now - 1_000, exp: now - 100 });

    expect(await ask(expired)).toMatchObject({ status: 401, code: 'token_expired' });
  });

  test('whose expiry is a string cannot be signed', () => {
    expect(() => sign({ ...claims, exp: String(now + 100) })).toThrow(/exp/);
  });

  test('holds the claims that every service needs, and expires within fifteen minutes', () => {
    expect(genuine.header).toMatchObject({ alg: 'ES256', kid: jwk['kid'] });
    expect(claims).toMatchObject({ typ: 'access', sub: user.id, gen: 1, aud: 'taar-api' });
    expect(claims.exp! - claims.iat!).toBeLessThanOrEqual(900);
  });

  test('is read from the Authorization header only, with the scheme in either case', async () => {
    const path = `${url}/auth/sessions`;
    const bearer = { Authorization: `bearer ${tokens.accessToken}` };

    expect((await fetch(path, { headers: bearer })).status).toBe(200);
    const inQuery = await fetch(`${path}?access_token=${tokens.accessToken}`);
    expect(inQuery.status).toBe(401);
    const huge = { Authorization: `Bearer ${'x'.repeat(20_000)}` };
    expect((await fetch(path, { headers: huge })).status).toBe(431);
  });

  test('is not taken from a request with two Authorization headers', async () => {
    const good = `Bearer ${tokens.accessToken}`;
    const send = (...both: string[]) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = ['Host', 'localhost', ...both.flatMap((one) => ['Authorization', one])];
        const asked = get(`${url}/auth/sessions`, { headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        asked.on('error', reject);
      });

    expect(await send(good, 'Bearer x')).toBe(400);
    expect(await send('Bearer x', good)).toBe(400);
  });

  test('of a suspended account is rejected with its own code', async () => {
    const suspended = await signIn();
    const where = { userId: suspended.user.id };
    await admin.userState.update({ where, data: { suspendedAt: new Date() } });

    const refused = await holding(suspended)(authRest.listSessions, {});

    expect(problemOf(refused)).toMatchObject({ status: 403, code: 'account_suspended' });
    const { refreshToken } = suspended.tokens;
    const { deviceId } = suspended.session;
    expect(problemOf(await call(authRest.refresh, { refreshToken, deviceId }))).toMatchObject({
      code: 'account_suspended',
    });
  });

  test('of a deleted account is rejected', async () => {
    const deleted = await signIn();
    const where = { userId: deleted.user.id };
    await admin.userState.update({ where, data: { deletedAt: new Date() } });

    const refused = await holding(deleted)(authRest.listSessions, {});

    expect(problemOf(refused)).toMatchObject({ status: 401, code: 'session_revoked' });
  });
});
