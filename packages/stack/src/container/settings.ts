import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { services } from '@taar/db/owners';
import { openSecrets } from '../secrets.ts';

type Values = Record<string, string>;

/**
 * Writes each service's secrets to a file for `node --env-file`. They are created once for a
 * volume, so that no committed file contains a secret.
 */
export const writeSettings = async (dir: string) => {
  const secrets = await openSecrets(dir);
  const write = async (name: string, values: Values) => {
    const file = join(dir, `${name}.env`);
    await writeFile(`${file}.new`, toText(values), { mode: 0o600 });
    await rename(`${file}.new`, file);
  };

  const store = {
    S3_ACCESS_KEY_ID: secrets.s3.accessKeyId,
    S3_SECRET_ACCESS_KEY: secrets.s3.secretAccessKey,
  };
  const own: Record<string, Values> = {
    auth: { TOKEN_KEYS: JSON.stringify(secrets.tokenKeys), AUTH_SECRET: secrets.authSecret },
    user: { CONTACTS_SECRET: secrets.contactsSecret, ...store },
    media: store,
  };

  await mkdir(dir, { recursive: true });
  const passwords: Values = {};
  for (const service of services) {
    const password = secrets.rolePasswords[service];
    passwords[`DATABASE_PASSWORD_${service.toUpperCase()}`] = password;
    const DATABASE_URL = `postgresql://taar_${service}:${password}@postgres:5432/taar`;
    await write(service, { DATABASE_URL, ...own[service] });
  }
  await write('migrate', passwords);
  await write('s3', store);
};

const toText = (values: Values) =>
  Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
