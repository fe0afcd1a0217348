import { isUuid } from '@taar/contracts';
import jwt from 'jsonwebtoken';
import { AppError } from './errors.ts';
import type { FindKey } from './jwks.ts';

/** The authenticated party of a request or event. */
export type Actor = {
  userId: string;
  sessionId: string;
  deviceId: string;
  socketId?: string;
};
/** The party of a request that needs no authentication. */
export type Caller = {
  address: string;
  accessToken?: string;
  /** The client closed its connection: no answer can reach it. */
  isDisconnected: () => boolean;
  /** Time since the last byte of the request arrived: a body held back makes no request older. */
  msSinceArrival: () => number;
};

export type Claims = {
  sub: string;
  sid: string;
  did: string;
  /** The refresh token generation that the access token was issued with. */
  gen: number;
  iat: number;
  exp: number;
};
export type Authenticated = Actor & { tokenExpiresAt: Date };
export type Authenticate = (token: string | undefined) => Promise<Authenticated>;

/** Throws `session_revoked` for an ended session; records the first use of the generation. */
export type AssertSession = (claims: Claims) => Promise<void>;

export const tokenAudience = 'taar-api';
export const tokenMaxAgeSeconds = 15 * 60;
export const clockToleranceSeconds = 60;
const maxTokenLength = 4_096;

/** Authenticates the access token of a request or a socket. */
export const createAuthenticate =
  (verify: Verify, assertSession: AssertSession): Authenticate =>
  async (token) => {
    if (!token) throw new AppError('unauthenticated', 'Send an access token.');
    const claims = await verify(token);
    await assertSession(claims);
    return {
      userId: claims.sub,
      sessionId: claims.sid,
      deviceId: claims.did,
      tokenExpiresAt: new Date(claims.exp * 1_000),
    };
  };

/** Checks signature, algorithm, issuer, audience, age and claims of an access token. */
export const createVerify =
  ({ findKey, issuer }: { findKey: FindKey; issuer: string }) =>
  async (token: string, { ignoreExpiration = false } = {}): Promise<Claims> => {
    if (token.length > maxTokenLength) throw invalidToken();
    const kid = kidOf(token);
    const key = kid === undefined ? undefined : await findKey(kid);
    if (!key) throw invalidToken();
    try {
      const payload = jwt.verify(token, key, {
        algorithms: ['ES256'],
        issuer,
        audience: tokenAudience,
        clockTolerance: clockToleranceSeconds,
        ignoreExpiration,
        ...(!ignoreExpiration && { maxAge: tokenMaxAgeSeconds }),
      });
      if (typeof payload === 'string' || !hasClaims(payload)) throw invalidToken();
      // jsonwebtoken accepts a token whose `iat` lies in the future.
      if (payload.iat > Date.now() / 1_000 + clockToleranceSeconds) throw invalidToken();
      return payload;
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError)
        throw new AppError('token_expired', 'Refresh the access token.');
      throw error instanceof AppError ? error : invalidToken();
    }
  };
export type Verify = ReturnType<typeof createVerify>;

const invalidToken = () => new AppError('unauthenticated', 'The access token is not valid.');

const kidOf = (token: string) => {
  try {
    const kid = jwt.decode(token, { complete: true })?.header.kid;
    return typeof kid === 'string' && kid.length <= 100 ? kid : undefined;
  } catch {
    // jsonwebtoken throws when the payload is not JSON.
    return undefined;
  }
};

const hasClaims = (payload: object): payload is Claims => {
  const { sub, sid, did, gen, iat, exp, typ } = payload as Record<string, unknown>;
  return (
    typ === 'access' &&
    [sub, sid, did].every(isUuid) &&
    [gen, iat, exp].every((value) => Number.isSafeInteger(value)) &&
    (exp as number) - (iat as number) <= tokenMaxAgeSeconds
  );
};
