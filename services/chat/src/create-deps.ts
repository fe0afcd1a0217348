import { randomUUID } from 'node:crypto';
import { createServiceDeps } from '@taar/runtime/service-deps';
import { createRedis } from '@taar/kit/redis';
import { createAdapter } from '@socket.io/redis-adapter';
import type { Config } from './config.ts';
import { createGroupCommit } from './core/group-commit.ts';
import { createStoreMessages } from './core/store-messages.ts';
import { createTotals } from './core/totals.ts';
import { createDeliverCommit } from './delivery/deliver-commit.ts';
import { createDeliverInOrder } from './delivery/deliver-in-order.ts';
import { createEmit } from './delivery/emit.ts';
import { createPublishCommits } from './delivery/publish-commits.ts';
import { createDeliverEvent, createPublishEvent, followEvents } from './delivery/publish-events.ts';
import { createRedisGuard } from './delivery/redis-guard.ts';
import { createRooms } from './delivery/rooms.ts';
import type { Deps } from './deps.ts';
import { createIo } from './io.ts';
import { closeSession, createExpiry, createSessionSockets } from './live/sessions.ts';
import { createTypingUsers } from './live/typing.ts';
import { createViews } from './live/views.ts';
import { createChatBudget } from './messages/chat-budget.ts';
import { createOrderedQueue } from './messages/ordered-queue.ts';
import { createPresence } from './presence/presence.ts';
import { createPush } from './push/create-push.ts';
import { createDeviceWatermarks } from './receipts/device-watermarks.ts';
import { createEmitReceipt } from './receipts/emit-receipts.ts';
import { createAdmission } from './sync/admission.ts';

const syncsAtOnce = 200;
const syncRetryMs = 1_000;
/** How much later than planned a push may be considered. */
const ackSlackMs = 60_000;

/** Wires the service: every part is created here and behaves elsewhere. */
export const createDeps = (config: Config): Deps => {
  const service = createServiceDeps('chat', config);
  const { db, redis, subscriber: sub, logger } = service;
  const pub = createRedis(config.REDIS_URL, logger);
  const prefix = config.REDIS_PREFIX;

  const io = createIo(config.CORS_ORIGINS);
  const guard = createRedisGuard({
    io,
    pub,
    sub,
    logger,
    prefix,
    nodeId: randomUUID(),
    beatMs: config.BUS_BEAT_MS,
    spreadMs: config.RESYNC_SPREAD_MS,
  });
  const { pubClient, subClient } = guard.clients;
  io.adapter(createAdapter(pubClient, subClient, { key: `${prefix}:io` }));

  const rooms = createRooms(io, db);
  const typing = createTypingUsers({ io, db, rooms, redis, prefix, expiresInMs: config.TYPING_MS });
  const deliverInOrder = createDeliverInOrder(createDeliverCommit(io, rooms, logger));
  const publishCommits = createPublishCommits(io, [typing.stopSenders, deliverInOrder], logger);
  const deliverEvent = createDeliverEvent(io, closeSession);
  followEvents(sub, prefix, deliverEvent);
  const busReady = guard.start();
  const publish = createPublishEvent(io, deliverEvent);
  const emit = createEmit(io);

  const expiry = createExpiry();
  const heartbeatMs = config.HEARTBEAT_MS;
  const presence = createPresence(
    { emit, db, redis, prefix, logger },
    { heartbeatMs, graceMs: config.PRESENCE_GRACE_MS },
  );
  const views = createViews({ io, redis, prefix });
  const totals = createTotals(db);
  const deviceWatermarks = createDeviceWatermarks(
    redis,
    prefix,
    2 * config.PUSH_LATER_MS + ackSlackMs,
  );
  const push = createPush(
    {
      db,
      redis,
      prefix,
      logger,
      readBadges: totals.badges,
      readLiveSessions: presence.sessions,
      readViews: views.read,
      readDeviceWatermarks: deviceWatermarks.read,
    },
    config,
  );
  const storeMessages = createStoreMessages({ db, publishCommits, wakePushWorker: push.wake });

  return {
    ...service,
    io,
    storeMessage: createGroupCommit(storeMessages),
    chatBudget: createChatBudget(service.spendLimit, config.RATE_LIMIT_FACTOR),
    orderedQueue: createOrderedQueue(),
    publish,
    publishCommits,
    emit,
    windows: {
      editMs: config.EDIT_WINDOW_SECONDS * 1_000,
      deleteMs: config.DELETE_WINDOW_SECONDS * 1_000,
    },
    totals,
    emitReceipt: createEmitReceipt({ emit, db, publish, logger }),
    deviceWatermarks,
    rooms,
    views,
    typing,
    presence,
    push,
    heartbeatMs,
    rateLimitFactor: config.RATE_LIMIT_FACTOR,
    expiry,
    sessionSockets: createSessionSockets(io, rooms, expiry, presence),
    busReady,
    isDegraded: guard.isDegraded,
    admitSync: createAdmission(syncsAtOnce, syncRetryMs),
    stop: async () => {
      guard.stop();
      pub.disconnect();
      await service.stop();
    },
  };
};
