import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ECSClient } from '@aws-sdk/client-ecs';
import { deploy } from './deploy.ts';
import type { Environment } from './ecs.ts';
import { smoke } from './smoke.ts';

// `npm run deploy -w @taar/infra -- ENVIRONMENT.json IMAGES.json URL`: Terraform's output
// `deployment`, the images by digest, and where the environment answers.
const [environmentFile, imagesFile, url] = process.argv.slice(2);
if (!environmentFile || !imagesFile || !url) {
  console.error('Name the environment, the images and the URL.');
  process.exit(2);
}
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

await deploy(new ECSClient({}), {
  environment: read(environmentFile) as Environment,
  images: read(imagesFile) as Record<string, string>,
  smoke: () => smoke(url),
  wait: () => sleep(10_000),
  log: (line) => console.log(`${new Date().toISOString()} ${line}`),
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
