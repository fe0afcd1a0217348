import { expect, test } from '@jest/globals';
import { startOwnPostgres } from '@taar/testing/postgres';
import { createSurroundings } from '@taar/testing/surroundings';
import { startProcess } from './processes.ts';
import { nothingWrong, startTalk } from './talk.ts';

test('whatever breaks in the database, what was acknowledged is there once and in order', async () => {
  const postgres = await startOwnPostgres();
  const { env, as: at, admin } = await createSurroundings('chat', postgres.server);
  const nodes = await Promise.all([startProcess(env), startProcess(env)]);
  const urls = nodes.map(({ url }) => url);
  const talk = await startTalk({ admin, at, urls }, { size: 4, everyMs: 50 });
  await talk.sayMore(20);

  for (let times = 0; times < 3; times++) {
    await admin.$queryRaw`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'taar-chat'`;
    await talk.sayMore(20);
  }
  await postgres.stop();
  await postgres.start();
  await talk.sayMore(20);
  postgres.kill();
  await postgres.start();
  await talk.sayMore(20);

  expect(await talk.end()).toMatchObject(nothingWrong);
  for (const node of nodes) {
    expect(node.isRunning()).toBe(true);
    expect(node.errors()).toEqual([]);
  }
}, 120_000);
