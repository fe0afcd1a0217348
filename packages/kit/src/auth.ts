import { isUuid } from '@taar/contracts';
import jwt from 'jsonwebtoken';
import { AppError } from './errors.ts';
import type { FindKey } from './jwks.ts';

/** Who calls. */
export type Actor = {
  userId: string;
  sessionId: string;
  deviceId: string;
  socketId?: string;
};
/** Somebody whose identity is not known, or not yet. */
export type Caller = {
  address: string;
  accessToken?: string;
  /** The connection is gone: no answer reaches them any more. */
  hasLeft: () => boolean;
  /** How long ago the request was here whole: who holds back the end of a body does not come early. */
  waitedMs: () => number;
};

export type Claims = {
  sub: string;
  sid: string;
  did: string;
  /** The refresh generation that the token was issued with. */
  gen: number;
  iat: number;
  exp: number;
};
export type Authenticated = Actor & { tokenExpiresAt: Date };
export type Authenticate = (token: string | undefined) => Promise<Authenticated>;

/** Throws `session_revoked` unless the session lives; notes the use of its generation. */
export type AssertSession = (claims: Claims) => Promise<void>;

export const tokenAudience = 'taar-api';
export const tokenMaxAgeSeconds = 15 * 60;
export const clockToleranceSeconds = 60;
const maxTokenLength = 4_096;

const invalid = () => new AppError('unauthenticated', 'The access token is not valid.');

const hasClaims = (payload: object): payload is Claims => {
  const { sub, sid, did, gen, iat, exp, typ } = payload as Record<string, unknown>;
  return (
    typ === 'access' &&
    [sub, sid, did].every(isUuid) &&
    [gen, iat, exp].every((value) => Number.isSafeInteger(value)) &&
    (exp as number) - (iat as number) <= tokenMaxAgeSeconds
  );
};

const kidOf = (token: string) => {
  try {
    const kid = jwt.decode(token, { complete: true })?.header.kid;
    return typeof kid === 'string' && kid.length <= 100 ? kid : undefined;
  } catch {
    // It throws where the payload is no JSON.
    return undefined;
  }
};

/** Checks signature, algorithm, issuer, audience, age and claims of an access token. */
export const createVerify =
  ({ findKey, issuer }: { findKey: FindKey; issuer: string }) =>
  async (token: string, { ignoreExpiration = false } = {}): Promise<Claims> => {
    if (token.length > maxTokenLength) throw invalid();
    const kid = kidOf(token);
    const key = kid === undefined ? undefined : await findKey(kid);
    if (!key) throw invalid();
    try {
      const payload = jwt.verify(token, key, {
        algorithms: ['ES256'],
        issuer,
        audience: tokenAudience,
        clockTolerance: clockToleranceSeconds,
        ignoreExpiration,
        ...(!ignoreExpiration && { maxAge: tokenMaxAgeSeconds }),
      });
      if (typeof payload === 'string' || !hasClaims(payload)) throw invalid();
      // jsonwebtoken takes a token that was issued in the future.
      if (payload.iat > Date.now() / 1_000 + clockToleranceSeconds) throw invalid();
      return payload;
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError)
        throw new AppError('token_expired', 'Refresh the access token.');
      throw error instanceof AppError ? error : invalid();
    }
  };
export type Verify = ReturnType<typeof createVerify>;

/** The same for REST and for sockets. */
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
