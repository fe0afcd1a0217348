import { test } from '@jest/globals';
import { startBackend } from './program/backend.ts';
import { holds } from './program/holds.ts';
import { programs } from './program/programs.ts';

const backend = await startBackend();
const runs = Number(process.env['PROPERTY_RUNS'] ?? 6);
const patienceMs = 120_000 + runs * 3_000;

test(
  'T-S1 whatever people do and devices miss, every device ends with the view of the server',
  () => holds(backend, programs, { runs, patienceMs }),
  patienceMs + 60_000,
);
