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
/** A key that signs access tokens, and its public part as it is published. */
export type TokenKey = {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  published: PublicKey;
};

/** RFC 7638. */
const thumbprint = ({ crv, kty, x, y }: JsonWebKey) =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');

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

const readKey = (key: unknown) =>
  createPrivateKey(typeof key === 'string' ? key : { key: key as JsonWebKey, format: 'jwk' });

/** Reads `TOKEN_KEYS`: a JSON array of private JWKs or PEMs. The first signs, all are published. */
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

/** A new signing key, as it stands in `TOKEN_KEYS`. */
export const generateKey = (): JsonWebKey => {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'jwk',
  });
  return { ...jwk, kid: thumbprint(jwk), use: 'sig', alg: 'ES256' };
};

/**
 * The keys after `keys`. The one that was published and did not sign yet takes over, a new one is
 * published behind it, and the one that signed stays until its last token has ended: at no moment
 * does a token carry a key that a service could not know.
 */
export const rotateKeys = ([signing, next]: unknown[]): unknown[] => {
  if (signing === undefined) return [generateKey(), generateKey()];
  return next === undefined ? [signing, generateKey()] : [next, generateKey(), signing];
};
