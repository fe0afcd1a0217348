import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const inside = (folder) => readdirSync(`${root}/${folder}`).map((name) => `${folder}/${name}`);

/** One project a workspace, so that `jest --selectProjects chat` runs one service's tests. */
const project = (folder) => ({
  displayName: folder.split('/').at(-1),
  rootDir: `${root}/${folder}`,
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transformIgnorePatterns: ['/node_modules/(?!@taar/)'],
  setupFiles: [`${root}/packages/testing/src/no-network.ts`],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
});

export default {
  rootDir: root,
  globalSetup: `${root}/packages/testing/src/setup.ts`,
  globalTeardown: `${root}/packages/testing/src/teardown.ts`,
  testTimeout: 30_000,
  maxWorkers: 2,
  projects: ['prisma', ...inside('packages'), ...inside('services')].map(project),
};
