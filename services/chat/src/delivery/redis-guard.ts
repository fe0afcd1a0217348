import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@taar/kit/logger';
import type { Redis } from 'ioredis';
import type { Server } from 'socket.io';
import { createAdapterClients } from './adapter-clients.ts';

const missedBeats = 3;
const resubscribeMs = 100;
const lostEvent = 'events_lost';
/** Without Redis a node starts as well: its own sockets need no bus. */
const maxStartMs = 2_000;

type Needs = {
  io: Server;
  pub: Redis;
  sub: Redis;
  logger: Logger;
  prefix: string;
  nodeId: string;
  beatMs: number;
  /** Clients are asked to sync at random moments within this time, to spread the load. */
  spreadMs: number;
};

/**
 * Watches the bus: each beat that this node publishes must return over its own subscription. An
 * interrupted bus may have lost events. After its repair the clients of this node are asked to
 * sync, and if this node failed to publish, the clients of all other nodes, too.
 */
export const createRedisGuard = (needs: Needs) => {
  const { io, pub, sub, logger, prefix, nodeId, beatMs, spreadMs } = needs;
  const channel = `${prefix}:beat:${nodeId}`;
  const resync = createResync(io, spreadMs);
  let heardAt = performance.now();
  let degraded = false;
  let publishFailed = false;
  let stopped = false;
  let onFirstBeat = () => {};

  const degrade = (why: string) => {
    if (degraded || stopped) return;
    degraded = true;
    logger.warn('The bus between nodes is interrupted.', { why });
  };
  const recover = () => {
    if (!degraded) return;
    degraded = false;
    logger.info('The bus between nodes works again.');
    resync();
    if (publishFailed) io.serverSideEmit(lostEvent);
    publishFailed = false;
  };
  const beat = () => void pub.publish(channel, '').catch(() => undefined);

  pub.on('close', () => degrade('The command connection closed.'));
  sub.on('close', () => degrade('The subscription closed.'));
  sub.on('message', (from: string) => {
    if (from !== channel) return;
    heardAt = performance.now();
    onFirstBeat();
    recover();
  });
  io.on(lostEvent, resync);

  const timer = setInterval(() => {
    beat();
    if (performance.now() - heardAt <= beatMs * missedBeats) return;
    degrade('Beats do not return.');
    // A silent connection stays open for ever, also one whose handshake has no answer.
    for (const client of [pub, sub])
      if (client.status === 'ready' || client.status === 'connect') client.disconnect(true);
    heardAt = performance.now();
  }, beatMs);
  // A beat soon after a reconnect makes the recovery faster than the interval would.
  for (const client of [pub, sub])
    client.on('ready', () => void setTimeout(beat, resubscribeMs).unref());

  return {
    clients: createAdapterClients(pub, sub, () => {
      publishFailed = true;
      degrade('A publish failed.');
    }),
    isDegraded: () => degraded,
    /**
     * Subscribes after all other subscriptions of this node, and resolves when the first beat
     * returns: before it, the node would miss that a socket of another node replaces its own one.
     */
    start: async () => {
      const heard = new Promise<void>((resolve) => {
        onFirstBeat = resolve;
      });
      sub.subscribe(channel).then(beat, () => undefined);
      await Promise.race([heard, wait(maxStartMs, undefined, { ref: false })]);
    },
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
};

/** Asks each client of this node to sync once, at a random moment within `spreadMs`. */
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
