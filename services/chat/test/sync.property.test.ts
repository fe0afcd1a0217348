import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import type { Client } from '@taar/client';
import { assert, asyncProperty } from 'fast-check';
import {
  aDevice,
  formerViewOf,
  formerViewOverRest,
  settled,
  until,
  viewOf,
  viewOverRest,
} from './devices.ts';
import { type World, aWorld, run, settleAll, steps } from './program.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const runs = Number(process.env['PROPERTY_RUNS'] ?? 6);
/** Reached only while a failure is made smaller. */
const patienceMs = 120_000 + runs * 10_000;

const everythingIn = ({ database }: Client) => [viewOf(database), formerViewOf(database)];

const assertSameViews = async ({ people, urls, clients }: World) => {
  for (const [who, person] of people.entries()) {
    const server = [await viewOverRest(person), await formerViewOverRest(person)];
    const mine = () => everythingIn(clients[who]!);
    await until('it has everything', () => isDeepStrictEqual(mine(), server)).catch(() => {});
    expect(mine()).toEqual(server);

    const fresh = await aDevice(urls[who]!, chat.as({ id: person.userId }));
    await settled(fresh);
    expect(everythingIn(fresh)).toEqual(server);
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
  patienceMs + 60_000,
);
