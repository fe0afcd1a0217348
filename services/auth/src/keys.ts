import {
  type JsonWebKey,
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
} from 'node:crypto';
import type { Body, authRest } from '@taar/contracts';
import { ConfigError } from '@taar/kit/config';

export type PublicKey = Body<typeof authRest.listKeys>['keys'][number];
/** A key that signs access tokens, and its public part as a published JWK. */
export type TokenKey = {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  published: PublicKey;
};

/** Reads `TOKEN_KEYS`, a JSON array of private JWKs or PEMs. Throws a `ConfigError`. */
export const readKeys = (text: string): [TokenKey, ...TokenKey[]] => {
  try {
    const [first, ...others] = (JSON.parse(text) as unknown[]).map((key) =>
      toTokenKey(readKey(key)),
    );
    if (first) return [first, ...others];
  } catch (error) {
    if (error instanceof ConfigError) throw error;
  }
  throw new ConfigError('TOKEN_KEYS is not a JSON array of private keys');
};

const readKey = (key: unknown) =>
  createPrivateKey(typeof key === 'string' ? key : { key: key as JsonWebKey, format: 'jwk' });

const toTokenKey = (privateKey: KeyObject): TokenKey => {
  const publicKey = createPublicKey(privateKey);
  const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
  if (crv !== 'P-256') throw new ConfigError('TOKEN_KEYS holds a key that is not on P-256');
  const kid = thumbprint({ kty, crv, x, y });
  return {
    kid,
    privateKey,
    publicKey,
    published: { kty, crv, x, y, kid, use: 'sig', alg: 'ES256' },
  };
};

/** Generates a signing key in the form of `TOKEN_KEYS`. */
export const generateKey = (): JsonWebKey => {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'jwk',
  });
  return { ...jwk, kid: thumbprint(jwk), use: 'sig', alg: 'ES256' };
};

/**
 * Returns the next keys. The published key that has not signed yet becomes the signing key, a new
 * key is published, and the former signing key stays until its last token has expired. Every
 * service therefore knows a key before a token is signed with it.
 */
export const rotateKeys = ([signing, next]: unknown[]): unknown[] => {
  if (signing === undefined) return [generateKey(), generateKey()];
  return next === undefined ? [signing, generateKey()] : [next, generateKey(), signing];
};

/** The JWK thumbprint of RFC 7638. */
const thumbprint = ({ crv, kty, x, y }: JsonWebKey) =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
