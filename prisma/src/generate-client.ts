import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const folder = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const hashFile = `${folder}/src/generated/inputs.sha256`;

/**
 * Generates Prisma's client if its schema, its configuration or Prisma has changed since the last
 * time. `track` receives the work, if there is any.
 */
export const generateClient = async (track = (work: Promise<void>) => work) => {
  const hash = await hashOfInputs();
  const last = await readFile(hashFile, 'utf8').catch(() => undefined);
  if (hash !== last) await track(generate(hash));
};

const hashOfInputs = async () => {
  const schemas = (await readdir(`${folder}/schema`)).toSorted().map((name) => `schema/${name}`);
  const files = [...schemas.map((name) => `${folder}/${name}`), `${folder}/prisma.config.ts`];
  const hash = createHash('sha256');
  for (const file of [...files, require.resolve('prisma/package.json')])
    hash.update(await readFile(file)).update('\0');
  return hash.digest('hex');
};

const generate = async (hash: string) => {
  const cli = require.resolve('prisma/build/index.js');
  const env = { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  await promisify(execFile)(process.execPath, [cli, 'generate'], { cwd: folder, env });
  await writeFile(hashFile, hash);
};

if (import.meta.main) await generateClient();
