import { test } from '@jest/globals';
import { startKillableBackend } from './program/backend.ts';
import { assertConvergence } from './program/convergence.ts';
import { programsWithKills } from './program/programs.ts';

const backend = await startKillableBackend();
const runs = Number(process.env['PROPERTY_RUNS'] ?? 2);
const timeLimitMs = 120_000 + runs * 6_000;

test(
  'every device ends with the view of the server, even if nodes are killed',
  () => assertConvergence(backend, programsWithKills, { runs, timeLimitMs }),
  timeLimitMs + 60_000,
);
