import { expect, test } from '@jest/globals';
import { startOwnPostgres } from '@taar/testing/postgres';
import { createSurroundings } from '@taar/testing/surroundings';
import { startProcess } from './processes.ts';
import { noFaults, startTraffic } from './traffic.ts';

test('acknowledged messages are stored once and in order if the database fails', async () => {
  const postgres = await startOwnPostgres();
  const { env, as: at, admin } = await createSurroundings('chat', postgres.server);
  const nodes = await Promise.all([startProcess(env), startProcess(env)]);
  const urls = nodes.map(({ url }) => url);
  const traffic = await startTraffic({ admin, at, urls }, { size: 4, everyMs: 50 });
  await traffic.untilMoreSent(20);

  for (let times = 0; times < 3; times++) {
    await admin.$queryRaw`
      SELECT pg_terminate_backend(pid)
      FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'taar-chat'`;
    await traffic.untilMoreSent(20);
  }
  await postgres.stop();
  await postgres.start();
  await traffic.untilMoreSent(20);
  postgres.kill();
  await postgres.start();
  await traffic.untilMoreSent(20);

  expect(await traffic.end()).toMatchObject(noFaults);
  for (const node of nodes) {
    expect(node.isRunning()).toBe(true);
    expect(node.errors()).toEqual([]);
  }
}, 120_000);
