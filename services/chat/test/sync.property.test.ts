import { test } from '@jest/globals';
import { startBackend } from './program/backend.ts';
import { assertConvergence } from './program/convergence.ts';
import { programs } from './program/programs.ts';

const backend = await startBackend();
const runs = Number(process.env['PROPERTY_RUNS'] ?? 6);
const timeLimitMs = 120_000 + runs * 3_000;

test(
  'every device ends with the view of the server, whatever users do and devices miss',
  () => assertConvergence(backend, programs, { runs, timeLimitMs }),
  timeLimitMs + 60_000,
);
