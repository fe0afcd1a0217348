import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import { assert, asyncProperty } from 'fast-check';
import { aDevice, settled, until, viewOf, viewOverRest } from './devices.ts';
import { type World, aWorld, run, settleAll, steps } from './program.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const runs = Number(process.env['PROPERTY_RUNS'] ?? 10);
const patienceMs = runs * 6_000;

const assertSameViews = async ({ people, urls, clients }: World) => {
  for (const [who, person] of people.entries()) {
    const server = await viewOverRest(person);
    const mine = () => viewOf(clients[who]!.database);
    await until('it has everything', () => isDeepStrictEqual(mine(), server)).catch(() => {});
    expect(mine()).toEqual(server);
    const fresh = await aDevice(urls[who]!, chat.as({ id: person.userId }));
    await settled(fresh);
    expect(viewOf(fresh.database)).toEqual(server);
    await fresh.stop();
  }
};

test(
  'whatever people do and devices miss, every device ends with the view of the server',
  async () => {
    await assert(
      asyncProperty(steps, async (program) => {
        const world = await aWorld(chat);
        try {
          await run(world, program);
          await settleAll(world);
          await assertSameViews(world);
        } finally {
          for (const client of world.clients) await client?.stop();
        }
      }),
      { numRuns: runs, interruptAfterTimeLimit: patienceMs, markInterruptAsFailure: false },
    );
  },
  patienceMs + 120_000,
);
