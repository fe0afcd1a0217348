import type { Tokens } from '@taar/contracts';
import { tokenAudience } from '@taar/kit/auth';
import jwt from 'jsonwebtoken';
import type { Config } from '../config.ts';
import type { Secrets } from '../secrets.ts';
import { refreshTokenOf } from './refresh-token.ts';

export type IssuedSession = {
  id: string;
  userId: string;
  deviceId: string;
  salt: Uint8Array;
  generation: number;
  expiresAt: Date;
};

const rememberedMs = 10_000;

const sign = (config: Config, session: IssuedSession) => {
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

/** Yields the pair of tokens of a session's present generation. */
export const createIssueTokens = (config: Config, secrets: Secrets) => {
  // Signatures are never twice the same, but calls that race shall get one and the same pair.
  const recent = new Map<string, ReturnType<typeof sign>>();

  const accessTokenOf = (session: IssuedSession) => {
    const key = `${session.id} ${session.generation}`;
    const signed = recent.get(key) ?? sign(config, session);
    if (!recent.has(key)) {
      recent.set(key, signed);
      setTimeout(() => recent.delete(key), rememberedMs).unref();
    }
    return signed;
  };

  return (session: IssuedSession): Tokens => ({
    tokenType: 'Bearer',
    ...accessTokenOf(session),
    refreshToken: refreshTokenOf(secrets, session),
    refreshTokenExpiresAt: session.expiresAt.toISOString(),
  });
};
