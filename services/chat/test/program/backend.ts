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

type Action = () => Promise<unknown>;

/** The nodes and the Redis that programs run against, with the ways in which they can fail. */
export type Backend = {
  admin: PrismaClient;
  at: (url: string) => As;
  /** The URLs to which users connect, in turns. */
  urls: string[];
  /** Publishes as another service does. */
  publish: Publish;
  redis: { stop: Action; start: Action; empty: Action };
  killNode: Action;
  cutConnections: Action;
  /** Resolves when everything runs again. */
  repair: Action;
};

const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return (work: Action): Promise<unknown> => (last = last.then(work));
};

const empty = async (url: string) => {
  const client = new Redis(url);
  await client.flushall();
  client.disconnect();
};

const startRedis = async () => {
  const own = await startOwnRedis();
  const enqueue = createQueue();
  let isRunning = true;
  return {
    url: own.url,
    stop: () =>
      enqueue(async () => {
        if (isRunning) await own.kill();
        isRunning = false;
      }),
    start: () =>
      enqueue(async () => {
        if (!isRunning) await own.restart();
        isRunning = true;
      }),
    empty: () => enqueue(async () => isRunning && empty(own.url)),
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
      // Short intervals and wide limits, as many programs run one after the other.
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

/** Two nodes as processes behind a load balancer. A killed node is replaced. */
export const startKillableBackend = async (): Promise<Backend> => {
  const { env, common } = await prepare();
  const balancer = await startBalancer();
  const nodes = await Promise.all([startProcess(env), startProcess(env)]);
  const spread = () => balancer.spreadOver(...nodes.map(({ url }) => url));
  spread();
  const enqueue = createQueue();
  let spare = startProcess(env);

  const replace = async () => {
    nodes.push(await spare);
    spare = startProcess(env);
    spread();
  };
  const killNode = async () => {
    const node = nodes.shift();
    // Every node may be killed before the first replacement is up.
    if (!node) return;
    spread();
    await node.end('SIGKILL');
    void enqueue(replace);
  };
  return {
    ...common,
    urls: [balancer.url],
    killNode: () => enqueue(killNode),
    cutConnections: async () => balancer.reset(),
    repair: async () => {
      await common.redis.start();
      await enqueue(nothing);
      // Clients cannot tell a node that crashed from one that the program killed.
      for (const node of nodes)
        if (!node.isRunning()) throw new Error(`A node exited: ${JSON.stringify(node.errors())}`);
    },
  };
};
