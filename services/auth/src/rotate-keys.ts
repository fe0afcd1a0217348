import { text } from 'node:stream/consumers';
import { readKeys, rotateKeys } from './keys.ts';

// Prints the next value of TOKEN_KEYS for the present one on standard input; for none, the first.
const present = (await text(process.stdin)).trim();
if (present) readKeys(present);
const next = rotateKeys(present ? (JSON.parse(present) as unknown[]) : []);
process.stdout.write(`${JSON.stringify(next)}\n`);
