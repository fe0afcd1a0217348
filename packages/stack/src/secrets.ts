import { randomBytes, type JsonWebKey } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey } from '@taar/auth/keys';
import { services, type Service } from '@taar/db';

export type Secrets = {
  rolePasswords: Record<Service, string>;
  tokenKeys: JsonWebKey[];
  authSecret: string;
  contactsSecret: string;
  s3: { accessKeyId: string; secretAccessKey: string };
};

const random = () => randomBytes(32).toString('base64url');

const create = (): Secrets => {
  const passwords = services.map((service) => [service, random()]);
  return {
    rolePasswords: Object.fromEntries(passwords) as Secrets['rolePasswords'],
    tokenKeys: [generateKey(), generateKey()],
    authSecret: random(),
    contactsSecret: random(),
    s3: { accessKeyId: 'taar-local', secretAccessKey: random() },
  };
};

/** Secrets of this folder's own, made at its first start: what they protect outlives a restart. */
export const openSecrets = async (dir: string): Promise<Secrets> => {
  const file = join(dir, 'secrets.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const secrets = { ...create(), ...(JSON.parse(text) as Partial<Secrets>) };
  await writePrivately(file, secrets);
  return secrets;
};

/** Whole or not at all, and readable by its owner alone. */
export const writePrivately = async (file: string, content: object) => {
  const fresh = `${file}.new`;
  await writeFile(fresh, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  await rename(fresh, file);
};
