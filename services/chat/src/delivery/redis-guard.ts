import type { Logger } from '@taar/kit/logger';
import type { Redis } from 'ioredis';
import type { Server } from 'socket.io';

const beatMs = 10_000;
const missedBeats = 3;
const resyncSpreadMs = 10_000;

/** Publishing never throws or rejects: an unhandled rejection would end the process. */
export const guardPublish = (redis: Redis, onFailure: () => void): Redis => {
  const publish = redis.publish.bind(redis) as (
    channel: string,
    message: string,
  ) => Promise<number>;
  redis.publish = ((channel: string, message: string) =>
    publish(channel, message).catch(() => {
      onFailure();
      return 0;
    })) as typeof redis.publish;
  return redis;
};

type Settings = { prefix: string; nodeId: string; beat?: number; spread?: number };

/**
 * Watches whether what this node publishes comes back over its own subscription. A bus that went
 * deaf or away may have lost events, so after its repair every client of this node is told to
 * sync, spread over time.
 */
export const createRedisGuard = (
  io: Server,
  pub: Redis,
  sub: Redis,
  logger: Logger,
  { prefix, nodeId, beat = beatMs, spread = resyncSpreadMs }: Settings,
) => {
  const channel = `${prefix}:beat:${nodeId}`;
  let heardAt = performance.now();
  let degraded = false;

  const degrade = (why: string) => {
    if (degraded) return;
    degraded = true;
    logger.warn('live events between nodes are interrupted', { why });
  };
  const recover = () => {
    if (!degraded) return;
    degraded = false;
    logger.info('live events between nodes flow again');
    for (const socket of io.of('/').sockets.values())
      setTimeout(() => socket.emit('resync_required', {}), Math.random() * spread).unref();
  };

  guardPublish(pub, () => degrade('a publish failed'));
  pub.on('close', () => degrade('the command connection closed'));
  sub.on('close', () => degrade('the subscription closed'));
  sub.on('message', (from: string) => {
    if (from !== channel) return;
    heardAt = performance.now();
    recover();
  });
  sub
    .subscribe(channel)
    .catch((error: unknown) => logger.warn('the bus is not followed', { error }));

  const timer = setInterval(() => {
    void pub.publish(channel, '');
    if (performance.now() - heardAt <= beat * missedBeats) return;
    degrade('own beats do not return');
    // A connection that is open and silent never closes by itself.
    if (sub.status === 'ready') sub.disconnect(true);
    heardAt = performance.now();
  }, beat);
  // The first beat after a repair must not wait for its turn.
  const beatNow = () => void pub.publish(channel, '');
  pub.on('ready', beatNow);
  sub.on('ready', () => setTimeout(beatNow, 100).unref());

  return { isDegraded: () => degraded, stop: () => clearInterval(timer) };
};
export type RedisGuard = ReturnType<typeof createRedisGuard>;
