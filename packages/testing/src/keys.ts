import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tokenAudience, tokenMaxAgeSeconds } from '@taar/kit/auth';
import jwt from 'jsonwebtoken';
import { atEnd } from './at-end.ts';

type Session = { id: string; userId: string; deviceId: string; generation: number };
export type SignToken = (session: Session, claims?: Record<string, unknown>) => string;
export type Keys = { jwksUrl: string; issuer: string; signToken: SignToken };

const issuer = 'https://taar.test';

/** Replaces the auth service: signs access tokens and serves their public key. */
export const startKeys = async (): Promise<Keys> => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomUUID();
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' };
  const server = createServer((_req, res) => {
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ keys: [jwk] }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    const closed = once(server.close(), 'close');
    server.closeAllConnections();
    await closed;
  });

  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    issuer,
    signToken: (session, claims = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      const payload = {
        sub: session.userId,
        sid: session.id,
        did: session.deviceId,
        gen: session.generation,
        typ: 'access',
        iss: issuer,
        aud: tokenAudience,
        iat: now,
        exp: now + tokenMaxAgeSeconds,
        ...claims,
      };
      return jwt.sign(payload, privateKey, { algorithm: 'ES256', keyid: kid });
    },
  };
};
