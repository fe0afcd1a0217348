import { text } from 'node:stream/consumers';
import { readKeys, rotateKeys } from './keys.ts';

// Reads the present value of TOKEN_KEYS from standard input (empty: none yet), prints the next one.
const present = (await text(process.stdin)).trim();
if (present) readKeys(present);
const next = rotateKeys(present ? (JSON.parse(present) as unknown[]) : []);
process.stdout.write(`${JSON.stringify(next)}\n`);
