import { setTimeout as sleep } from 'node:timers/promises';
import { smoke } from './smoke.ts';

// `node smoke-main.ts URL`: the check of a deployment, against any running system.
await smoke(process.argv[2]!, () => sleep(1_000));
console.log('all services answer');
