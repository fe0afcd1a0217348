import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { startBalancer } from '@taar/testing/balancer';
import { startOwnPostgres } from '@taar/testing/postgres';
import { createSurroundings } from '@taar/testing/surroundings';
import { pause } from '../test/devices.ts';
import type { Death } from '../test/dying-node.ts';
import { startProcess } from '../test/processes.ts';
import { nothingWrong, startTalk } from '../test/talk.ts';

const each = Number(process.env['BENCH_KILLS'] ?? 20);
const kinds = ['anywhere', 'untold', 'told'] as const satisfies ('anywhere' | Death)[];

test(`nodes and the database killed under load, ${each} times each`, async () => {
  const postgres = await startOwnPostgres();
  const { env: common, as: at, admin } = await createSurroundings('chat', postgres.server);
  // What was written while there was no node is sent at once.
  const env = { ...common, RATE_LIMIT_FACTOR: '10000' };
  const balancer = await startBalancer();
  const running = new Set<string>();
  const spread = () => balancer.spreadOver(...running);
  const deaths = { anywhere: 0, untold: 0, told: 0 };
  const databaseFaults = { connectionsBroken: 0, restarts: 0, kills: 0 };
  const errors: unknown[] = [];

  /** One node after the other, each until it is killed. */
  const live = async (plan: (typeof kinds)[number][]) => {
    for (const kind of plan) {
      const node =
        kind === 'anywhere'
          ? await startProcess(env)
          : await startProcess(
              { ...env, DIES: kind, SENDS_TO_LIVE: String(randomInt(40)) },
              'test/dying-node.ts',
            );
      running.add(node.url);
      spread();
      if (kind === 'anywhere') {
        await pause(randomInt(2_000));
        await node.end('SIGKILL');
      } else await node.exited;
      running.delete(node.url);
      spread();
      deaths[kind] += 1;
      errors.push(...node.errors());
    }
  };
  const breakDatabase = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      await pause(1_000 + randomInt(2_000));
      await admin.$queryRaw`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'taar-chat'`;
      databaseFaults.connectionsBroken += 1;
      if (databaseFaults.connectionsBroken % 4 > 0) continue;
      if (databaseFaults.connectionsBroken % 8 > 0) {
        await postgres.stop();
        databaseFaults.restarts += 1;
      } else {
        postgres.kill();
        databaseFaults.kills += 1;
      }
      await pause(500);
      await postgres.start();
    }
  };

  const lasting = await startProcess(env);
  balancer.spreadOver(lasting.url);
  const talk = await startTalk({ admin, at, urls: [balancer.url] }, { size: 8, everyMs: 200 });
  const startedAt = performance.now();
  const done = new AbortController();
  const breaking = breakDatabase(done.signal);
  const plan = Array.from({ length: each }, () => kinds).flat();
  // With two lines of nodes, at times there is none.
  await lasting.end('SIGKILL');
  await Promise.all([0, 1].map((line) => live(plan.filter((_, i) => i % 2 === line))));
  done.abort();
  await breaking;

  const last = await startProcess(env);
  balancer.spreadOver(last.url);
  const settledFrom = performance.now();
  const found = await talk.end();
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  process.stdout.write(
    `${seconds(settledFrom - startedAt)} of ${JSON.stringify({ ...deaths, ...databaseFaults })}, ` +
      `all is well ${seconds(performance.now() - settledFrom)} later\n${JSON.stringify(found)}\n`,
  );
  expect(found).toMatchObject(nothingWrong);
  expect([...errors, ...last.errors()]).toEqual([]);
}, 1_800_000);
