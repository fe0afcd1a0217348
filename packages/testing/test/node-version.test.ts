import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { assertNodeVersion } from '../src/node-version.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What `npm run` puts first is what is under test, so nothing of this run's own path is kept. */
const pathOfTheShell = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.startsWith(root))
  .join(delimiter);

test('npm scripts run on the Node.js that npm installed or that this run is for', async () => {
  const { stdout } = await promisify(execFile)('npm', ['exec', '--', 'node', '--version'], {
    cwd: root,
    env: { ...process.env, PATH: pathOfTheShell },
  });

  assertNodeVersion(stdout.trim());
  expect(stdout.trim()).toBe(process.version);
});

test('a Node.js below the floor is refused', () => {
  expect(() => assertNodeVersion('v20.20.2', '')).toThrow('24 is the oldest');
});

test('a Node.js of another major than the run is for is refused', () => {
  expect(() => assertNodeVersion('v24.22.3', '26')).toThrow('this run is for Node.js 26');
  expect(() => assertNodeVersion('v26.10.0', '26')).not.toThrow();
});

test('the lockfile names the Node.js of all five platforms', async () => {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string>; version?: string }>;
  };
  const pinned = Object.entries(packages['']!.optionalDependencies!);
  expect(pinned).toHaveLength(5);
  for (const [name, version] of pinned)
    expect(packages[`node_modules/${name}`]).toMatchObject({
      version,
      integrity: expect.stringMatching(/^sha512-/),
    });
});
