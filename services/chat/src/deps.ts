import { randomUUID } from 'node:crypto';
import { type ServiceDeps, createServiceDeps } from '@taar/runtime/service';
import type { Publish } from '@taar/kit/publish';
import { createRedis } from '@taar/kit/redis';
import { createAdapter } from '@socket.io/redis-adapter';
import type { Server } from 'socket.io';
import type { Config } from './config.ts';
import { type Totals, createTotals } from './core/totals.ts';
import { createFanOut } from './delivery/deliver-commit.ts';
import { createNotify, followEvents } from './delivery/publish-events.ts';
import { createOrder } from './delivery/deliver-in-order.ts';
import { type PublishCommits, createPublishCommits } from './delivery/publish-commits.ts';
import { createRedisGuard } from './delivery/redis-guard.ts';
import { type Rooms, createRooms } from './delivery/rooms.ts';
import { createIo } from './io.ts';
import { type Expiry, type Open, createExpiry, createOpen } from './live/sessions.ts';
import { type Typing, createTyping } from './live/typing.ts';
import { type Views, createViews } from './live/views.ts';
import { toCommits } from './core/store-messages.ts';
import { type ChatBudget, createChatBudget } from './messages/chat-budget.ts';
import { type CommitMessage, createCommit } from './core/group-commit.ts';
import { insertMessages } from './core/insert-messages.ts';
import { type InLine, createInLine } from './messages/ordered-queue.ts';
import { type Presence, createPresence } from './presence/presence.ts';
import { type Push, createPush } from './push/worker.ts';
import { type DeviceWatermarks, createDeviceWatermarks } from './receipts/device-watermarks.ts';
import { type ReceiptFanOut, createReceiptFanOut } from './receipts/emit-receipts.ts';
import { type Admit, createAdmission } from './sync/admission.ts';

export type Deps = Omit<ServiceDeps<'chat'>, 'publish'> & {
  io: Server;
  /** Stores a message by group commit, and tells of it. */
  commit: CommitMessage;
  chatBudget: ChatBudget;
  /** Keeps the order in which one socket sends. */
  inLine: InLine;
  publish: PublishCommits;
  /** For how long after sending a message may be edited, and deleted for everyone. */
  windows: { editMs: number; deleteMs: number };
  notify: Publish;
  totals: Totals;
  receipts: ReceiptFanOut;
  deviceWatermarks: DeviceWatermarks;
  rooms: Rooms;
  /** Which chats are looked at, and by whom. */
  views: Views;
  typing: Typing;
  presence: Presence;
  push: Push;
  open: Open;
  heartbeatMs: number;
  /** Puts a socket of this node into the rooms of all chats of its user. */
  joinChats: (socketId: string, userId: string) => Promise<void>;
  admitSync: Admit;
  /** Whether events of other nodes may not arrive here. */
  isDegraded: () => boolean;
  expiry: Expiry;
  /** Changes when the database was restored to an older point: clients then compare everything. */
  readEpoch: () => Promise<string>;
};

const syncsAtOnce = 200;
const syncRetryMs = 1_000;
/** How much later than planned a push may be considered. */
const ackSlackMs = 60_000;

export const createDeps = (config: Config): Deps => {
  const service = createServiceDeps('chat', config);
  const { db, redis, subscriber: sub, logger } = service;
  const pub = createRedis(config.REDIS_URL, logger);
  const prefix = config.REDIS_PREFIX;

  const io = createIo(config.CORS_ORIGINS);
  const guard = createRedisGuard(io, pub, sub, logger, {
    prefix,
    nodeId: randomUUID(),
    beatMs: config.BUS_BEAT_MS,
    spreadMs: config.RESYNC_SPREAD_MS,
  });
  io.adapter(createAdapter(pub, sub, { key: `${prefix}:io` }));
  const rooms = createRooms(io, db);
  const typing = createTyping({ io, db, rooms, redis, prefix, expiresInMs: config.TYPING_MS });
  const tell = createOrder(createFanOut(io, rooms, logger));
  const publish = createPublishCommits(
    io,
    (commit) => {
      typing.settle(commit);
      tell(commit);
    },
    logger,
  );
  followEvents(io, sub, prefix);
  const notify = createNotify(io);
  const receipts = createReceiptFanOut({ io, db, notify, logger });
  const expiry = createExpiry();
  const heartbeatMs = config.HEARTBEAT_MS;
  const presence = createPresence(
    { io, db, redis, prefix, logger },
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
    { db, redis, prefix, totals, presence, views, deviceWatermarks, logger },
    config,
  );

  return {
    ...service,
    io,
    commit: createCommit(async (drafts) => {
      const stored = await insertMessages(db, drafts);
      publish(toCommits(drafts, stored));
      push.poke();
      return stored;
    }),
    chatBudget: createChatBudget(service.spendLimit, config.RATE_LIMIT_FACTOR),
    inLine: createInLine(),
    publish,
    windows: {
      editMs: config.EDIT_WINDOW_SECONDS * 1_000,
      deleteMs: config.DELETE_WINDOW_SECONDS * 1_000,
    },
    notify,
    totals,
    receipts,
    deviceWatermarks,
    rooms,
    views,
    typing,
    presence,
    push,
    heartbeatMs,
    expiry,
    open: createOpen(io, rooms, expiry, presence),
    joinChats: async (socketId, userId) => {
      const socket = io.of('/').sockets.get(socketId);
      if (socket) await rooms.joinAll(socket, userId);
    },
    isDegraded: guard.isDegraded,
    admitSync: createAdmission(syncsAtOnce, syncRetryMs),
    readEpoch: async () => (await db.serverState.findFirstOrThrow()).epoch,
    stop: async () => {
      guard.stop();
      pub.disconnect();
      await service.stop();
    },
  };
};
