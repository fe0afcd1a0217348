import { type Arbitrary, assert, asyncProperty } from 'fast-check';
import type { Backend } from './backend.ts';
import { assertContiguous, assertSameViews, assertSentOnce } from './checks.ts';
import { assertNothingLeaked } from './leaks.ts';
import { assertMemberEvents } from './member-events.ts';
import { runProgram } from './programs.ts';
import type { Step } from './step.ts';
import { aWorld, untilConverged } from './world.ts';

type Settings = {
  runs: number;
  /** Reached only while fast-check shrinks a failing program. */
  timeLimitMs: number;
};

/** Runs random programs, and checks that every device ends with what the server shows. */
export const assertConvergence = (
  backend: Backend,
  programs: Arbitrary<Step[][]>,
  { runs, timeLimitMs }: Settings,
) =>
  assert(
    asyncProperty(programs, async (program) => {
      const world = await aWorld(backend);
      try {
        await runProgram(world, program);
        await untilConverged(world);
        await assertSameViews(world);
        await assertSentOnce(world);
        await assertContiguous(world);
        await assertMemberEvents(world);
        await assertNothingLeaked(world);
      } finally {
        for (const { client } of world.devices) await client?.stop();
        await backend.repair();
      }
    }),
    { numRuns: runs, skipAllAfterTimeLimit: timeLimitMs },
  );
