import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export type Account = { uid: number; gid: number };
export type Run = (command: string, args: string[]) => Promise<string>;

/** The account to run as if this process is root, which PostgreSQL refuses: see the README. */
export const accountFor = async (dir: string): Promise<Account | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(dir).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = (await accountNamed('postgres')) ?? (await accountNamed('nobody'));
  if (account) return account;
  throw new Error(
    'PostgreSQL cannot run as root, and no user `postgres` or `nobody` exists: set DATABASE_URL.',
  );
};

const accountNamed = async (name: string): Promise<Account | undefined> => {
  const id = async (flag: string) => Number((await execute('id', [flag, name])).stdout);
  return Promise.all([id('-u'), id('-g')]).then(
    ([uid, gid]) => ({ uid, gid }),
    () => undefined,
  );
};

/** Runs PostgreSQL's programs as an account, without the locale and settings of the user. */
export const runAs = (account: Account | undefined): Run => {
  const { PATH, SystemRoot } = process.env;
  const env = { PATH, SystemRoot, LC_ALL: 'C', TZ: 'UTC' };
  // The account may have no access to the current folder.
  const options = { env, ...account, ...(account && { cwd: '/' }) };
  return async (command, args) => (await execute(command, args, options)).stdout;
};
