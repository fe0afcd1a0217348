import type { Logger } from '@taar/kit/logger';
import type { Redis } from 'ioredis';
import type { Server } from 'socket.io';

const missedBeats = 3;
const resubscribeMs = 100;
const lostEvent = 'events_lost';

type Publish = (channel: string, message: string) => Promise<unknown>;

/** Publishing never throws or rejects: an unhandled rejection would end the process. */
const guardPublish = (redis: Redis, onFailure: () => void): Publish => {
  const publish = redis.publish.bind(redis) as Publish;
  redis.publish = ((channel: string, message: string) =>
    publish(channel, message).catch(() => {
      onFailure();
      return 0;
    })) as typeof redis.publish;
  return publish;
};

/** A subscription comes back with its connection; that it was refused while closing is no news. */
const guardSubscriptions = (redis: Redis) => {
  for (const command of ['subscribe', 'psubscribe', 'unsubscribe', 'punsubscribe'] as const) {
    const run = redis[command].bind(redis) as (...args: unknown[]) => Promise<unknown>;
    redis[command] = (...args: unknown[]) => run(...args).catch(() => 0);
  }
};

/** Tells every client of this node to sync, spread over time; once, however often it is asked. */
const createResync = (io: Server, spreadMs: number) => {
  const pending = new WeakSet<object>();
  return () => {
    for (const socket of io.of('/').sockets.values()) {
      if (pending.has(socket)) continue;
      pending.add(socket);
      setTimeout(() => {
        pending.delete(socket);
        socket.emit('resync_required', {});
      }, Math.random() * spreadMs).unref();
    }
  };
};

type Settings = { prefix: string; nodeId: string; beatMs: number; spreadMs: number };

/**
 * Watches whether what this node publishes comes back over its own subscription. A bus that went
 * deaf or away may have lost events, so after its repair the clients of this node are told to
 * sync, and those of the others too if something of this node's did not get out.
 */
export const createRedisGuard = (
  io: Server,
  pub: Redis,
  sub: Redis,
  logger: Logger,
  { prefix, nodeId, beatMs, spreadMs }: Settings,
) => {
  const channel = `${prefix}:beat:${nodeId}`;
  const resync = createResync(io, spreadMs);
  let heardAt = performance.now();
  let degraded = false;
  let unheard = false;
  let stopped = false;

  const degrade = (why: string) => {
    if (degraded || stopped) return;
    degraded = true;
    logger.warn('live events between nodes are interrupted', { why });
  };
  const recover = () => {
    if (!degraded) return;
    degraded = false;
    logger.info('live events between nodes flow again');
    resync();
    if (unheard) io.serverSideEmit(lostEvent);
    unheard = false;
  };

  guardSubscriptions(sub);
  const publish = guardPublish(pub, () => {
    unheard = true;
    degrade('a publish failed');
  });
  const beat = () => void publish(channel, '').catch(() => undefined);

  pub.on('close', () => degrade('the command connection closed'));
  sub.on('close', () => degrade('the subscription closed'));
  sub.on('message', (from: string) => {
    if (from !== channel) return;
    heardAt = performance.now();
    recover();
  });
  void sub.subscribe(channel);
  io.on(lostEvent, resync);

  const timer = setInterval(() => {
    beat();
    if (performance.now() - heardAt <= beatMs * missedBeats) return;
    degrade('own beats do not return');
    // A connection that is open and silent never closes by itself, even before its first answer.
    for (const client of [pub, sub])
      if (client.status === 'ready' || client.status === 'connect') client.disconnect(true);
    heardAt = performance.now();
  }, beatMs);
  // The first beat after a repair must not wait for its turn.
  for (const client of [pub, sub])
    client.on('ready', () => void setTimeout(beat, resubscribeMs).unref());

  return {
    isDegraded: () => degraded,
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
};
