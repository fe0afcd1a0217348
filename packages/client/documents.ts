import { writeFileSync } from 'node:fs';
import { printContract } from './print-contract.ts';

writeFileSync(new URL('src/contract.ts', import.meta.url), printContract());
