import type { PrismaClient } from '@taar/db';
import { createLogger } from '@taar/kit/logger';
import { type Publish, createPublish } from '@taar/kit/publish';
import { createRedis } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { startBalancer } from '@taar/testing/balancer';
import type { As } from '@taar/testing/people';
import { startOwnRedis } from '@taar/testing/redis';
import { createSurroundings } from '@taar/testing/surroundings';
import { Redis } from 'ioredis';
import { startProcess } from '../processes.ts';
import { startNode } from '../start.ts';

type Act = () => Promise<unknown>;

/** What programs run against, and what of it can break. */
export type Backend = {
  admin: PrismaClient;
  at: (url: string) => As;
  /** Where people connect, by turns. */
  urls: string[];
  /** As another service reaches sockets. */
  publish: Publish;
  redis: { stop: Act; start: Act; empty: Act };
  killNode: Act;
  cutConnections: Act;
  /** Resolves when everything runs again. */
  repair: Act;
};

const inTurns = () => {
  let turn: Promise<unknown> = Promise.resolve();
  return (work: Act): Promise<unknown> => (turn = turn.then(work));
};

const empty = async (url: string) => {
  const client = new Redis(url);
  await client.flushall();
  client.disconnect();
};

const startRedis = async () => {
  const own = await startOwnRedis();
  const take = inTurns();
  let runs = true;
  return {
    url: own.url,
    stop: () =>
      take(async () => {
        if (runs) await own.kill();
        runs = false;
      }),
    start: () =>
      take(async () => {
        if (!runs) await own.restart();
        runs = true;
      }),
    empty: () => take(async () => runs && empty(own.url)),
  };
};

const prepare = async () => {
  const [{ env, as: at, admin }, redis] = await Promise.all([
    createSurroundings('chat'),
    startRedis(),
  ]);
  const logger = createLogger('other-service', 'error');
  const client = createRedis(redis.url, logger);
  atEnd(() => client.disconnect());
  return {
    env: {
      ...env,
      REDIS_URL: redis.url,
      // Faults are noticed soon, and nobody is held up: programs are many and follow at once.
      BUS_BEAT_MS: '100',
      RESYNC_SPREAD_MS: '100',
      EXPIRY_SWEEP_SECONDS: '1',
      RATE_LIMIT_FACTOR: '10000',
      REQUESTS_PER_MINUTE_PER_ADDRESS: '10000000',
    },
    common: { admin, at, redis, publish: createPublish(client, env.REDIS_PREFIX, logger) },
  };
};

const nothing = async () => {};

/** Two nodes in this process. */
export const startBackend = async (): Promise<Backend> => {
  const { env, common } = await prepare();
  const nodes = await Promise.all([startNode(env), startNode(env)]);
  return {
    ...common,
    urls: nodes.map(({ url }) => url),
    killNode: nothing,
    cutConnections: nothing,
    repair: common.redis.start,
  };
};

/** Two nodes as processes behind a load balancer. One that is killed is replaced. */
export const startMortalBackend = async (): Promise<Backend> => {
  const { env, common } = await prepare();
  const balancer = await startBalancer();
  const nodes = await Promise.all([startProcess(env), startProcess(env)]);
  const spread = () => balancer.spreadOver(...nodes.map(({ url }) => url));
  spread();
  const take = inTurns();
  let spare = startProcess(env);

  const replace = async () => {
    nodes.push(await spare);
    spare = startProcess(env);
    spread();
  };
  const killNode = async () => {
    const node = nodes.shift();
    // All are dead already, and those that replace them not there yet.
    if (!node) return;
    spread();
    await node.end('SIGKILL');
    void take(replace);
  };
  return {
    ...common,
    urls: [balancer.url],
    killNode: () => take(killNode),
    cutConnections: async () => balancer.reset(),
    repair: async () => {
      await common.redis.start();
      await take(nothing);
      // None may end but by our hand: what talks to it would only see broken connections.
      for (const node of nodes)
        if (!node.isRunning()) throw new Error(`A node ended: ${JSON.stringify(node.errors())}`);
    },
  };
};
