import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
) as { engines: { node: string } };
const floor = Number(engines.node.replace('>=', ''));

/**
 * Throws when a process runs on a Node.js below the floor of package.json, or on another major than
 * `NODE_MAJOR`, which a row of the CI matrix sets.
 */
export const assertNodeVersion = (version: string, expectedMajor = process.env['NODE_MAJOR']) => {
  const major = Number(/^v(\d+)\./.exec(version)?.[1]);
  if (!(major >= floor)) throw new Error(`Node.js ${version} runs here; ${floor} is the oldest.`);
  if (expectedMajor && major !== Number(expectedMajor))
    throw new Error(`Node.js ${version} runs here; this run is for Node.js ${expectedMajor}.`);
};
