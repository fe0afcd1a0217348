import { test } from '@jest/globals';
import { startMortalBackend } from './program/backend.ts';
import { holds } from './program/holds.ts';
import { programsWithDeaths } from './program/programs.ts';

const backend = await startMortalBackend();
const runs = Number(process.env['PROPERTY_RUNS'] ?? 2);
const patienceMs = 120_000 + runs * 6_000;

test(
  'whatever is killed meanwhile, every device ends with the view of the server',
  () => holds(backend, programsWithDeaths, { runs, patienceMs }),
  patienceMs + 60_000,
);
