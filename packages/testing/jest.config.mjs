import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const testing = `${root}/packages/testing/src`;
const inside = (folder) =>
  readdirSync(`${root}/${folder}`)
    .map((name) => `${folder}/${name}`)
    .filter((path) => existsSync(`${root}/${path}/package.json`));

/** One project for each workspace: `--selectProjects chat` runs the tests of one service. */
const project = (folder) => ({
  displayName: folder.split('/').at(-1),
  rootDir: `${root}/${folder}`,
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: [`${testing}/no-network.ts`],
  // Node strips the types itself.
  transform: {},
});

export default {
  rootDir: root,
  // Jest loads these two before it transforms anything, hence no TypeScript.
  globalSetup: `${testing}/setup.mjs`,
  globalTeardown: `${testing}/teardown.mjs`,
  testTimeout: 30_000,
  maxWorkers: 2,
  projects: ['prisma', 'infra', ...inside('packages'), ...inside('services')].map(project),
};
