import { type ElastiCacheClient, ModifyUserCommand } from '@aws-sdk/client-elasticache';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type Secrets, parseConfidential } from './secrets.ts';

/** Terraform's output `secrets`. */
export type SecretsTarget = {
  services: Record<string, { secret: string; names: string[] }>;
  migrate_secret: string;
  database_address: string;
  database_name: string;
  database_query: string;
  cache_host: string;
  cache_user_id: string;
  signing_key_id: string;
};

type Aws = { secretsManager: SecretsManagerClient; elastiCache: ElastiCacheClient };
type Settings = Record<string, string>;

/**
 * Writes the settings of each service and the passwords of the migration into their secrets, and
 * the password of the cache's user. Writes only what differs. Logs names, never values.
 */
export const pushSecrets = async (
  aws: Aws,
  target: SecretsTarget,
  secrets: Secrets,
  log: (line: string) => void,
) => {
  const wanted: Record<string, Settings> = {
    [target.migrate_secret]: migrationPasswords(secrets),
  };
  for (const [service, { secret, names }] of Object.entries(target.services)) {
    const settings = settingsOf(service, target, secrets);
    wanted[secret] = Object.fromEntries(names.map((name) => [name, settings[name]!]));
  }
  const stored = Object.fromEntries(
    await Promise.all(
      Object.keys(wanted).map(async (secret) => [secret, await read(aws, secret)] as const),
    ),
  );

  await setCachePassword(aws, target, secrets.redis_password, Object.values(stored));
  log('Wrote the password of the cache user.');
  for (const [secret, settings] of Object.entries(wanted)) {
    const before = stored[secret] ?? {};
    const changed = Object.keys(settings).filter((name) => settings[name] !== before[name]);
    if (changed.length === 0) continue;
    await aws.secretsManager.send(
      new PutSecretValueCommand({ SecretId: secret, SecretString: JSON.stringify(settings) }),
    );
    log(`Wrote ${changed.join(', ')} of ${secret}.`);
  }
};

const migrationPasswords = (secrets: Secrets): Settings =>
  Object.fromEntries(
    Object.entries(secrets.database_passwords).map(([service, password]) => [
      `DATABASE_PASSWORD_${service.toUpperCase()}`,
      password,
    ]),
  );

const settingsOf = (service: string, target: SecretsTarget, secrets: Secrets): Settings => {
  const password = encodeURIComponent(secrets.database_passwords[service]!);
  const { database_address: address, database_name: name, database_query: query } = target;
  return {
    DATABASE_URL: `postgresql://taar_${service}:${password}@${address}:5432/${name}?${query}`,
    REDIS_URL: `rediss://taar:${encodeURIComponent(secrets.redis_password)}@${target.cache_host}:6379`,
    TOKEN_KEYS: secrets.token_keys,
    AUTH_SECRET: secrets.auth_secret,
    CONTACTS_SECRET: secrets.contacts_secret,
    // Beside its private key, so that a task that starts gets the id and the key of the same pair.
    CDN_KEY_PAIR_ID: target.signing_key_id,
    CDN_PRIVATE_KEY: secrets.cdn_private_key,
    FIREBASE_API_KEY: secrets.firebase_api_key,
    FIREBASE_SERVICE_ACCOUNT: secrets.firebase_service_account,
  };
};

/** A secret that Terraform made and nothing was written to yet has no settings. */
const read = async ({ secretsManager }: Aws, secret: string): Promise<Settings> => {
  try {
    const { SecretString: json } = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: secret }),
    );
    return parseConfidential(json ?? '{}', secret) as Settings;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return {};
    throw error;
  }
};

/** The user keeps the stored password beside the new one until the next push: running tasks use it. */
const setCachePassword = async (
  { elastiCache }: Aws,
  { cache_user_id }: SecretsTarget,
  password: string,
  stored: Settings[],
) => {
  const before = stored
    .map((settings) => settings['REDIS_URL'])
    .filter((url) => url !== undefined)
    .map((url) => decodeURIComponent(new URL(url).password));
  await elastiCache.send(
    new ModifyUserCommand({
      UserId: cache_user_id,
      AuthenticationMode: {
        Type: 'password',
        Passwords: [...new Set([password, ...before])].slice(0, 2),
      },
    }),
  );
};
