import type { Logger } from '@taar/kit/logger';
import type { Redis } from 'ioredis';
import type { Server } from 'socket.io';
import { createAdapterClients } from './adapter-clients.ts';

const missedBeats = 3;
const resubscribeMs = 100;
const lostEvent = 'events_lost';

type Needs = {
  io: Server;
  pub: Redis;
  sub: Redis;
  logger: Logger;
  prefix: string;
  nodeId: string;
  beatMs: number;
  /** Clients are asked to sync at random moments within this time, and not all at once. */
  spreadMs: number;
};

/**
 * Watches the bus: every beat that this node publishes must come back over its own subscription. A
 * bus that was interrupted may have lost events, so after its repair the clients of this node are
 * asked to sync, and those of the other nodes too if this node failed to publish.
 */
export const createRedisGuard = (needs: Needs) => {
  const { io, pub, sub, logger, prefix, nodeId, beatMs, spreadMs } = needs;
  const channel = `${prefix}:beat:${nodeId}`;
  const resync = createResync(io, spreadMs);
  let heardAt = performance.now();
  let degraded = false;
  let publishFailed = false;
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
    if (publishFailed) io.serverSideEmit(lostEvent);
    publishFailed = false;
  };
  const beat = () => void pub.publish(channel, '').catch(() => undefined);

  pub.on('close', () => degrade('the command connection closed'));
  sub.on('close', () => degrade('the subscription closed'));
  sub.on('message', (from: string) => {
    if (from !== channel) return;
    heardAt = performance.now();
    recover();
  });
  sub.subscribe(channel).catch(() => undefined);
  io.on(lostEvent, resync);

  const timer = setInterval(() => {
    beat();
    if (performance.now() - heardAt <= beatMs * missedBeats) return;
    degrade('beats do not return');
    // A connection that is open and silent never closes by itself, even before its first answer.
    for (const client of [pub, sub])
      if (client.status === 'ready' || client.status === 'connect') client.disconnect(true);
    heardAt = performance.now();
  }, beatMs);
  // After a repair at once: waiting for the next beat would delay the recovery.
  for (const client of [pub, sub])
    client.on('ready', () => void setTimeout(beat, resubscribeMs).unref());

  return {
    clients: createAdapterClients(pub, sub, () => {
      publishFailed = true;
      degrade('a publish failed');
    }),
    isDegraded: () => degraded,
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
};

/** Asks every client of this node to sync, each once and at a random moment within `spreadMs`. */
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
