import type { Tokens } from '@taar/contracts';
import { tokenAudience } from '@taar/kit/auth';
import jwt from 'jsonwebtoken';
import type { Deps } from '../deps.ts';
import { refreshTokenOf } from './refresh-token.ts';

export type IssuedSession = {
  id: string;
  userId: string;
  deviceId: string;
  salt: Uint8Array;
  generation: number;
  expiresAt: Date;
};

/** The pair of tokens of a session's present generation. */
export const issueTokens = (
  { config, secrets }: Pick<Deps, 'config' | 'secrets'>,
  session: IssuedSession,
): Tokens => {
  const [{ kid, privateKey }] = config.TOKEN_KEYS;
  const issuedAt = Math.floor(Date.now() / 1_000);
  const expiresAt = issuedAt + config.ACCESS_TOKEN_SECONDS;
  const claims = {
    typ: 'access',
    iss: config.TOKEN_ISSUER,
    aud: tokenAudience,
    sub: session.userId,
    sid: session.id,
    did: session.deviceId,
    gen: session.generation,
    iat: issuedAt,
    exp: expiresAt,
  };
  return {
    tokenType: 'Bearer',
    accessToken: jwt.sign(claims, privateKey, { algorithm: 'ES256', keyid: kid }),
    accessTokenExpiresAt: new Date(expiresAt * 1_000).toISOString(),
    refreshToken: refreshTokenOf(secrets, session),
    refreshTokenExpiresAt: session.expiresAt.toISOString(),
  };
};
