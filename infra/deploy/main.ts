import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ECSClient } from '@aws-sdk/client-ecs';
import { deploy } from './deploy.ts';
import { DeploymentFailed, type Environment } from './ecs.ts';
import { smoke } from './smoke.ts';

const usage = `npm run deploy -w @taar/infra -- ENVIRONMENT.json IMAGES.json URL COMMIT [rollback]
ENVIRONMENT.json is Terraform's output \`deployment\`, IMAGES.json the image of each service by digest.`;

const [environmentFile, imagesFile, url, commit, mode] = process.argv.slice(2);
if (!environmentFile || !imagesFile || !url || !commit) {
  console.error(usage);
  process.exit(2);
}
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** git answers with exit code 1 for "no", and with another one if it does not know a commit. */
const isAncestor = (older: string, newer: string) =>
  promisify(execFile)('git', ['merge-base', '--is-ancestor', older, newer]).then(
    () => true,
    (error: { code?: number }) => {
      if (error.code === 1) return false;
      throw new DeploymentFailed(`The history of the checkout lacks ${older} or ${newer}.`);
    },
  );

await deploy(new ECSClient({}), {
  environment: read(environmentFile) as Environment,
  images: read(imagesFile) as Record<string, string>,
  commit,
  isRollback: mode === 'rollback',
  isAncestor,
  smoke: () => smoke(url, () => sleep(10_000)),
  wait: () => sleep(10_000),
  log: (line) => console.log(`${new Date().toISOString()} ${line}`),
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
