import { generateKeyPairSync, randomBytes } from 'node:crypto';

// `npm run -s secrets -w @taar/infra > environments/dev.secrets.tfvars.json`: values that nobody
// chooses; what Firebase and CloudFront gave is filled in by hand. The file is never committed.
const password = () => randomBytes(24).toString('base64url');
const tokenKey = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomBytes(12).toString('base64url');
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' };
};

const secrets = {
  database_passwords: Object.fromEntries(
    ['auth', 'chat', 'user', 'media', 'status'].map((service) => [service, password()]),
  ),
  redis_password: password(),
  // The first signs; the second is known everywhere by the time it takes over.
  token_keys: JSON.stringify([tokenKey(), tokenKey()]),
  auth_secret: randomBytes(48).toString('base64url'),
  contacts_secret: randomBytes(48).toString('base64url'),
  cdn_private_key: 'PEM of the private key whose public half is in media_public_keys',
  firebase_api_key: 'web API key of the Firebase project',
  firebase_service_account: 'JSON of a service account that may use Authentication and Messaging',
};
console.log(JSON.stringify({ secrets }, null, 2));
