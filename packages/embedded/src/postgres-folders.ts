import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { runAs, type Account } from './postgres-account.ts';

const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
const fallback = '/var/lib/embedded-postgres';

/** The folders of programs and data; outside the checkout if the account has no access to it. */
export const foldersFor = async (dir: string, account: Account | undefined) => {
  const native = await nativeFolder();
  const home = await ownFolder(resolve(dir), account);
  if (!account) return { bin: join(native, 'bin'), home };

  const run = runAs(account);
  const canRun = (command: string, ...args: string[]) =>
    run(command, args).then(
      () => true,
      () => false,
    );
  return {
    bin: join(
      (await canRun(join(native, 'bin/postgres'), '--version')) ? native : await copyOf(native),
      'bin',
    ),
    home: (await canRun('test', '-x', home))
      ? home
      : await ownFolder(join(fallback, `home-${fingerprint(home)}`), account),
  };
};

/** The programs of `embedded-postgres`; does what its install script does, which may be off. */
const nativeFolder = async () => {
  const require = createRequire(import.meta.url);
  const resolver = createRequire(require.resolve('embedded-postgres'));
  const root = dirname(dirname(resolver.resolve(`@embedded-postgres/${platform}`)));
  const native = join(root, 'native');
  for (const { source, target } of await linksOf(native)) {
    const link = resolve(root, target);
    await symlink(relative(dirname(link), resolve(root, source)), link).catch(
      ignore('EEXIST', 'EACCES', 'EROFS'),
    );
  }
  if (process.platform !== 'win32')
    for (const program of ['postgres', 'initdb', 'pg_ctl'])
      // Another user may have installed the programs; they are used as they are.
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
  const copy = join(fallback, `native-${fingerprint(native)}`);
  if (existsSync(copy)) return copy;
  await mkdir(fallback, { recursive: true });
  await chmod(fallback, 0o755);
  // Renamed when complete, so that an interrupted copy is never used.
  const fresh = join(fallback, randomUUID());
  await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
  await runAs(undefined)('chmod', ['-R', 'a+rX', fresh]);
  await rename(fresh, copy).catch(() => rm(fresh, { recursive: true }));
  return copy;
};

const fingerprint = (path: string) => createHash('sha256').update(path).digest('hex').slice(0, 12);
