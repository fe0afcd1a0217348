import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { printContract } from '../print-contract.ts';

test('the client has the current contract: `npm run generate` prints it', () => {
  const printed = readFileSync(new URL('../src/contract.ts', import.meta.url), 'utf8');
  expect(printed).toBe(printContract());
});
