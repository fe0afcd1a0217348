import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { startBalancer } from '@taar/testing/balancer';
import { startOwnPostgres } from '@taar/testing/postgres';
import { createSurroundings } from '@taar/testing/surroundings';
import type { KillPoint } from '../test/node-killed-mid-send.ts';
import { startProcess } from '../test/processes.ts';
import { noFaults, startTraffic } from '../test/traffic.ts';
import { pause } from '../test/wait.ts';

const killsPerKind = Number(process.env['BENCH_KILLS'] ?? 20);
const kinds = ['anywhere', 'beforePublish', 'afterPublish'] as const satisfies (
  | 'anywhere'
  | KillPoint
)[];

test(`kills of nodes and database under load lose and reorder no message`, async () => {
  const postgres = await startOwnPostgres();
  const { env: common, as: at, admin } = await createSurroundings('chat', postgres.server);
  // Clients send everything they wrote without a node at once.
  const env = { ...common, RATE_LIMIT_FACTOR: '10000' };
  const balancer = await startBalancer();
  const running = new Set<string>();
  const spread = () => balancer.spreadOver(...running);
  const kills = { anywhere: 0, beforePublish: 0, afterPublish: 0 };
  const databaseFaults = { connectionsBroken: 0, restarts: 0, kills: 0 };
  const errors: unknown[] = [];

  /** Runs nodes one after the other, each until it is killed. */
  const runNodes = async (plan: (typeof kinds)[number][]) => {
    for (const kind of plan) {
      const node =
        kind === 'anywhere'
          ? await startProcess(env)
          : await startProcess(
              { ...env, KILL_POINT: kind, SENDS_BEFORE_KILL: String(randomInt(40)) },
              'test/node-killed-mid-send.ts',
            );
      running.add(node.url);
      spread();
      if (kind === 'anywhere') {
        await pause(randomInt(2_000));
        await node.end('SIGKILL');
      } else await node.exited;
      running.delete(node.url);
      spread();
      kills[kind] += 1;
      errors.push(...node.errors());
    }
  };
  const breakDatabase = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      await pause(1_000 + randomInt(2_000));
      await admin.$queryRaw`
        SELECT pg_terminate_backend(pid)
        FROM pg_stat_activity
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

  const firstNode = await startProcess(env);
  balancer.spreadOver(firstNode.url);
  const traffic = await startTraffic(
    { admin, at, urls: [balancer.url] },
    { size: 8, everyMs: 200 },
  );
  const startedAt = performance.now();
  const done = new AbortController();
  const breaking = breakDatabase(done.signal);
  const plan = Array.from({ length: killsPerKind }, () => kinds).flat();
  // Two sequences of nodes, so that at times no node runs.
  await firstNode.end('SIGKILL');
  await Promise.all([0, 1].map((sequence) => runNodes(plan.filter((_, i) => i % 2 === sequence))));
  done.abort();
  await breaking;

  const last = await startProcess(env);
  balancer.spreadOver(last.url);
  const settledFrom = performance.now();
  const found = await traffic.end();
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  process.stdout.write(
    `${seconds(settledFrom - startedAt)} of ${JSON.stringify({ ...kills, ...databaseFaults })}, ` +
      `converged ${seconds(performance.now() - settledFrom)} later\n${JSON.stringify(found)}\n`,
  );
  expect(found).toMatchObject(noFaults);
  expect([...errors, ...last.errors()]).toEqual([]);
}, 1_800_000);
