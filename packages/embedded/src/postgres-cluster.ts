import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account, Run } from './postgres-account.ts';

const passwordFile = 'superuser-password';

type Folders = { bin: string; home: string };

/** Opens the cluster in `home`, or creates it: in UTF-8, and independent of the user's locale. */
export const openCluster = async ({ bin, home }: Folders, run: Run, account?: Account) => {
  const data = join(home, 'data');
  if (!existsSync(data)) await createCluster(data, bin, run, account);
  const password = await readFile(join(data, passwordFile), 'utf8');
  return { data, password };
};

const createCluster = async (data: string, bin: string, run: Run, account?: Account) => {
  // Renamed when complete: an interrupted start leaves no half cluster, and concurrent starts one.
  const fresh = `${data}-${randomUUID()}`;
  const secret = `${fresh}-password`;
  await writeFile(secret, randomBytes(18).toString('base64url'), { mode: 0o600 });
  if (account) await chown(secret, account.uid, account.gid);
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['--username=postgres', `--pwfile=${secret}`, '--auth=scram-sha-256'];
  await run(join(bin, 'initdb'), ['-D', fresh, ...access, ...locale, '--locale=C', '--no-sync']);
  await rename(secret, join(fresh, passwordFile));
  await rename(fresh, data).catch(async (error: NodeJS.ErrnoException) => {
    await rm(fresh, { recursive: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
};
