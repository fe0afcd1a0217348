import { type Arbitrary, assert, asyncProperty } from 'fast-check';
import type { Backend } from './backend.ts';
import { assertContiguous, assertSameViews, assertSentOnce } from './checks.ts';
import { assertNothingLeaked } from './leaks.ts';
import { assertMembersTold } from './members.ts';
import { run } from './programs.ts';
import type { Step } from './step.ts';
import { aWorld, settleAll } from './world.ts';

type Settings = {
  runs: number;
  /** Reached only while a failure is made smaller. */
  patienceMs: number;
};

/** Whatever people do and whatever breaks: every device ends with exactly what the server shows. */
export const holds = (
  backend: Backend,
  programs: Arbitrary<Step[][]>,
  { runs, patienceMs }: Settings,
) =>
  assert(
    asyncProperty(programs, async (program) => {
      const world = await aWorld(backend);
      try {
        await run(world, program);
        await settleAll(world);
        await assertSameViews(world);
        await assertSentOnce(world);
        await assertContiguous(world);
        await assertMembersTold(world);
        await assertNothingLeaked(world);
      } finally {
        for (const { client } of world.devices) await client?.stop();
        await backend.repair();
      }
    }),
    { numRuns: runs, skipAllAfterTimeLimit: patienceMs },
  );
