import type { Tokens } from '@taar/contracts';
import { tokenAudience } from '@taar/kit/auth';
import jwt from 'jsonwebtoken';
import type { Config } from '../config.ts';
import type { AuthSecrets } from '../secrets.ts';
import { refreshTokenOf } from './refresh-token.ts';

export type SessionForTokens = {
  id: string;
  userId: string;
  deviceId: string;
  salt: Uint8Array;
  generation: number;
  expiresAt: Date;
};

const cacheMs = 10_000;

/** Issues the access and refresh token of a session's present generation. */
export const createIssueTokens = (config: Config, secrets: AuthSecrets) => {
  // ECDSA signatures differ each time, but concurrent duplicates must get the same pair.
  const recent = new Map<string, ReturnType<typeof sign>>();

  const accessTokenOf = (session: SessionForTokens) => {
    const key = `${session.id} ${session.generation}`;
    const signed = recent.get(key) ?? sign(config, session);
    if (!recent.has(key)) {
      recent.set(key, signed);
      setTimeout(() => recent.delete(key), cacheMs).unref();
    }
    return signed;
  };

  return (session: SessionForTokens): Tokens => ({
    tokenType: 'Bearer',
    ...accessTokenOf(session),
    refreshToken: refreshTokenOf(secrets, session),
    refreshTokenExpiresAt: session.expiresAt.toISOString(),
  });
};
export type IssueTokens = ReturnType<typeof createIssueTokens>;

const sign = (config: Config, session: SessionForTokens) => {
  const [{ kid, privateKey }] = config.TOKEN_KEYS;
  const issuedAt = Math.floor(Date.now() / 1_000);
  const expiresAt = issuedAt + config.ACCESS_TOKEN_SECONDS;
  const claims = {
    typ: 'access',
    iss: config.ISSUER,
    aud: tokenAudience,
    sub: session.userId,
    sid: session.id,
    did: session.deviceId,
    gen: session.generation,
    iat: issuedAt,
    exp: expiresAt,
  };
  return {
    accessToken: jwt.sign(claims, privateKey, { algorithm: 'ES256', keyid: kid }),
    accessTokenExpiresAt: new Date(expiresAt * 1_000).toISOString(),
  };
};
