import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** The secrets of one environment. The file that holds them is never committed. */
export type Secrets = {
  database_passwords: Record<string, string>;
  redis_password: string;
  /** JSON Web Keys, as a JSON text. */
  token_keys: string;
  auth_secret: string;
  contacts_secret: string;
  /** PEM of the private key whose public key is in `media_public_keys`. */
  cdn_private_key: string;
  /** Web API key of the Firebase project. */
  firebase_api_key: string;
  /** JSON of a service account that may use Firebase Authentication and Cloud Messaging. */
  firebase_service_account: string;
};

const services = ['auth', 'chat', 'user', 'media', 'status'];

const password = () => randomBytes(24).toString('base64url');

const tokenKey = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomBytes(12).toString('base64url');
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' };
};

/** New random secrets; the three that CloudFront's key and Firebase give are left to be filled in. */
export const makeSecrets = (): Secrets => ({
  database_passwords: Object.fromEntries(services.map((service) => [service, password()])),
  redis_password: password(),
  // The first key signs. Services know the second long before it signs.
  token_keys: JSON.stringify([tokenKey(), tokenKey()]),
  auth_secret: randomBytes(48).toString('base64url'),
  contacts_secret: randomBytes(48).toString('base64url'),
  cdn_private_key: 'FILL IN: PEM of the private key whose public key is in media_public_keys',
  firebase_api_key: 'FILL IN: web API key of the Firebase project',
  firebase_service_account:
    'FILL IN: JSON of a service account for Firebase Authentication and Cloud Messaging',
});

const looksRight: Record<Exclude<keyof Secrets, 'database_passwords'>, RegExp> = {
  // ElastiCache takes passwords of 16 to 128 characters.
  redis_password: /^.{16,128}$/,
  token_keys: /^\[\s*\{/,
  auth_secret: /^\S{32,}$/,
  contacts_secret: /^\S{32,}$/,
  cdn_private_key: /^-----BEGIN (RSA )?PRIVATE KEY-----\n/,
  firebase_api_key: /^\S+$/,
  firebase_service_account: /^\s*\{/,
};

/** As JSON.parse, whose own errors repeat a part of the text. */
export const parseConfidential = (json: string, source: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error(`${source} does not hold JSON.`);
  }
};

/** Reads a secrets file. Its errors name the settings and never repeat a value. */
export const parseSecrets = (json: string): Secrets => {
  const secrets = parseConfidential(json, 'The secrets file') as Partial<Secrets>;
  const texts = secrets as Partial<Record<string, string>>;
  const wrong = Object.entries(looksRight)
    .filter(([name, pattern]) => !pattern.test(texts[name] ?? ''))
    .map(([name]) => name);
  if (services.some((service) => !secrets.database_passwords?.[service]))
    wrong.push('database_passwords');
  if (wrong.length > 0) throw new Error(`Fill in or correct: ${wrong.join(', ')}.`);
  return secrets as Secrets;
};
