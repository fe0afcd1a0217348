import { randomBytes, type JsonWebKey } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey } from '@taar/auth/keys';
import { services, type Service } from '@taar/db/owners';

export type Secrets = {
  rolePasswords: Record<Service, string>;
  tokenKeys: JsonWebKey[];
  authSecret: string;
  contactsSecret: string;
  s3: { accessKeyId: string; secretAccessKey: string };
};

/** Reads the secrets of a folder; creates and stores the missing ones. */
export const openSecrets = async (dir: string): Promise<Secrets> => {
  const file = join(dir, 'secrets.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const secrets = { ...createSecrets(), ...(JSON.parse(text) as Partial<Secrets>) };
  await writePrivately(file, secrets);
  return secrets;
};

/** Writes a file that only its owner can read. It is never seen half written. */
export const writePrivately = async (file: string, content: object) => {
  const fresh = `${file}.new`;
  await writeFile(fresh, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  await rename(fresh, file);
};

const createSecrets = (): Secrets => {
  const passwords = services.map((service) => [service, random()]);
  return {
    rolePasswords: Object.fromEntries(passwords) as Secrets['rolePasswords'],
    tokenKeys: [generateKey(), generateKey()],
    authSecret: random(),
    contactsSecret: random(),
    s3: { accessKeyId: 'taar-local', secretAccessKey: random() },
  };
};

const random = () => randomBytes(32).toString('base64url');
