import { expect, test } from '@jest/globals';
import { startOwnPostgres } from '@taar/testing/postgres';
import { startOwnRedis } from '@taar/testing/redis';
import { createSurroundings } from '@taar/testing/surroundings';
import { startProcess } from '../test/processes.ts';
import { noFaults, quantile, startTraffic } from '../test/traffic.ts';
import { pause } from '../test/wait.ts';

const seconds = Number(process.env['BENCH_SECONDS'] ?? 60);
const maxP99Ms = 250;

test(`no message is lost during ${seconds} seconds without Redis under steady load`, async () => {
  const { server } = await startOwnPostgres();
  const { env, as: at, admin } = await createSurroundings('chat', server);
  const redis = await startOwnRedis();
  const nodes = await Promise.all(
    [1, 2].map(() => startProcess({ ...env, REDIS_URL: redis.url }, 'dist/main.js')),
  );
  const urls = nodes.map(({ url }) => url);
  const traffic = await startTraffic({ admin, at, urls }, { size: 16, everyMs: 400 });

  const measure = async (forSeconds: number) => {
    const from = performance.now();
    await pause(forSeconds * 1_000);
    const ms = traffic.acks.filter((ack) => ack.at >= from).map((ack) => ack.ms);
    return { acks: ms.length, p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) };
  };
  await pause(5_000);
  const before = await measure(seconds / 2);
  await redis.kill();
  const without = await measure(seconds);
  await redis.restart();
  await pause(5_000);
  const after = await measure(seconds / 2);
  const found = await traffic.end();

  const show = (name: string, { acks, p50, p99 }: typeof before) =>
    `${name}: ${acks} acks, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`;
  const ratio = (of: 'p50' | 'p99') => (without[of] / ((before[of] + after[of]) / 2)).toFixed(2);
  process.stdout.write(
    show('with Redis', before) +
      show(`${seconds} s without`, without) +
      show('with it again', after) +
      `without to with: p50 × ${ratio('p50')}, p99 × ${ratio('p99')}\n` +
      `${JSON.stringify(found)}\n`,
  );
  expect(found).toMatchObject(noFaults);
  for (const node of nodes) {
    expect(node.isRunning()).toBe(true);
    expect(node.errors()).toEqual([]);
  }
  expect(without.p99).toBeLessThan(maxP99Ms);
}, 600_000);
