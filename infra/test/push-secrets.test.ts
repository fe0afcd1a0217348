import { afterEach, describe, expect, test } from '@jest/globals';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type SecretsTarget, pushSecrets } from '../deploy/push-secrets.ts';
import { type Secrets, makeSecrets, parseSecrets } from '../deploy/secrets.ts';
import { AwsError, startFakeAws } from './fake-aws.ts';

const target: SecretsTarget = {
  services: {
    auth: { secret: 'taar-dev/auth', names: ['DATABASE_URL', 'REDIS_URL', 'TOKEN_KEYS'] },
    media: { secret: 'taar-dev/media', names: ['DATABASE_URL', 'REDIS_URL', 'CDN_KEY_PAIR_ID'] },
  },
  migrate_secret: 'taar-dev/migrate',
  database_address: 'database.example',
  database_name: 'taar',
  database_query: 'sslmode=verify-full',
  cache_host: 'cache.example',
  cache_user_id: 'taar-dev-services',
  signing_key_id: 'K123',
};
const complete: Secrets = {
  ...makeSecrets(),
  cdn_private_key: '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n',
  firebase_api_key: 'key',
  firebase_service_account: '{"project_id":"taar-dev"}',
};

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Secrets Manager that keeps what is put, and ElastiCache that takes any password. */
const startAws = async (stored = new Map<unknown, unknown>()) => {
  const fake = await startFakeAws({
    GetSecretValue: ({ SecretId }) => {
      if (!stored.has(SecretId)) throw new AwsError('ResourceNotFoundException');
      return { SecretString: stored.get(SecretId) };
    },
    PutSecretValue: ({ SecretId, SecretString }) => {
      stored.set(SecretId, SecretString);
      return {};
    },
    ModifyUser: () => ({}),
  });
  closing.push(fake.close);
  const lines: string[] = [];
  const aws = {
    secretsManager: new SecretsManagerClient(fake.options),
    elastiCache: new ElastiCacheClient(fake.options),
  };
  return {
    lines,
    push: (secrets: Secrets) => pushSecrets(aws, target, secrets, (line) => lines.push(line)),
    value: (secret: string) =>
      JSON.parse(String(stored.get(secret))) as Record<string, string | undefined>,
    written: () =>
      fake.calls
        .splice(0)
        .filter(({ operation }) => operation === 'PutSecretValue')
        .map(({ input }) => input['SecretId']),
    cachePasswords: () => {
      const { input } = fake.calls.findLast(({ operation }) => operation === 'ModifyUser')!;
      return Object.entries(input)
        .filter(([name]) => name.includes('Passwords.member'))
        .map(([, password]) => password);
    },
  };
};

describe('pushed secrets', () => {
  test('give each service the settings that Terraform lists for it, and no others', async () => {
    const aws = await startAws();
    await aws.push({ ...complete, redis_password: 'with/slash-and-more' });
    expect(Object.keys(aws.value('taar-dev/media'))).toEqual(target.services['media']!.names);
    expect(aws.value('taar-dev/media')).toMatchObject({
      CDN_KEY_PAIR_ID: 'K123',
      REDIS_URL: 'rediss://taar:with%2Fslash-and-more@cache.example:6379',
      DATABASE_URL: expect.stringMatching(
        /^postgresql:\/\/taar_media:.+@database\.example:5432\/taar\?sslmode=verify-full$/,
      ),
    });
    expect(aws.value('taar-dev/migrate')).toMatchObject({
      DATABASE_PASSWORD_AUTH: complete.database_passwords['auth'],
    });
  });

  test('are written only where they differ from the stored ones', async () => {
    const aws = await startAws();
    await aws.push(complete);
    expect(aws.written()).toHaveLength(3);
    await aws.push(complete);
    expect(aws.written()).toEqual([]);
    await aws.push({ ...complete, token_keys: '[{"kid":"new"}]' });
    expect(aws.written()).toEqual(['taar-dev/auth']);
  });

  test('never appear in the log', async () => {
    const aws = await startAws();
    await aws.push(complete);
    const log = aws.lines.join('\n');
    expect(log).toMatch(/Wrote DATABASE_URL, REDIS_URL, TOKEN_KEYS of taar-dev\/auth/);
    const { database_passwords: passwords, ...others } = complete;
    for (const value of [...Object.values(passwords), ...Object.values(others)])
      expect(log).not.toContain(value);
  });

  test('leave the previous password of the cache valid until the next push', async () => {
    const aws = await startAws();
    await aws.push({ ...complete, redis_password: 'the-first-password' });
    expect(aws.cachePasswords()).toEqual(['the-first-password']);
    await aws.push({ ...complete, redis_password: 'the-second-password' });
    expect(aws.cachePasswords()).toEqual(['the-second-password', 'the-first-password']);
    await aws.push({ ...complete, redis_password: 'the-second-password' });
    expect(aws.cachePasswords()).toEqual(['the-second-password']);
  });
});

describe('a secrets file', () => {
  test('is complete once the three values from elsewhere are filled in', () => {
    expect(parseSecrets(JSON.stringify(complete))).toEqual(complete);
    expect(() => parseSecrets(JSON.stringify(makeSecrets()))).toThrow(
      'Fill in or correct: cdn_private_key, firebase_api_key, firebase_service_account.',
    );
  });

  test('is never quoted by an error', () => {
    const broken = JSON.stringify(complete).replace('{', '{ secret-without-quotes');
    expect(() => parseSecrets(broken)).toThrow('The secrets file does not hold JSON.');
    const short = { ...complete, redis_password: 'short' };
    expect(() => parseSecrets(JSON.stringify(short))).toThrow(
      'Fill in or correct: redis_password.',
    );
  });
});
