import { readFileSync } from 'node:fs';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type SecretsTarget, pushSecrets } from './push-secrets.ts';
import { makeSecrets, parseSecrets } from './secrets.ts';

const usage = `npm run -s secrets:make -w @taar/infra > dev.secrets.json
npm run -s secrets:push -w @taar/infra -- TARGET.json dev.secrets.json
TARGET.json is Terraform's output \`secrets\`.`;

const read = (file: string) => readFileSync(file, 'utf8');

const [verb, target, file] = process.argv.slice(2);
if (verb === 'make') console.log(JSON.stringify(makeSecrets(), null, 2));
else if (verb === 'push' && target && file) {
  const aws = {
    secretsManager: new SecretsManagerClient({}),
    elastiCache: new ElastiCacheClient({}),
  };
  await pushSecrets(
    aws,
    JSON.parse(read(target)) as SecretsTarget,
    parseSecrets(read(file)),
    console.log,
  );
} else {
  console.error(usage);
  process.exitCode = 2;
}
