import { randomUUID } from 'node:crypto';
import {
  goOnline,
  goOffline,
  keepBackup,
  loseDatabase,
  restoreBackup,
  stayOfflineForAMonth,
} from './device.ts';
import { type Step, chatOf, deviceOf } from './step.ts';
import type { World } from './world.ts';

export const faultVerbs = {
  goOffline: (world: World, step: Step) => goOffline(deviceOf(world, step)),
  goOnline: (world: World, step: Step) => goOnline(deviceOf(world, step)),
  loseEvents: async (world: World, step: Step) => {
    deviceOf(world, step).losing = true;
  },
  loseDatabase: (world: World, step: Step) => loseDatabase(deviceOf(world, step)),
  stayOfflineForAMonth: (world: World, step: Step) => stayOfflineForAMonth(deviceOf(world, step)),
  keepBackup: (world: World, step: Step) => keepBackup(deviceOf(world, step)),
  restoreBackup: (world: World, step: Step) => restoreBackup(deviceOf(world, step)),
  /** The database has a new epoch, as after a restoration; devices compare everything. */
  changeEpoch: ({ admin }: World) =>
    admin.serverState.updateMany({ data: { epoch: randomUUID() } }),
  /** The chat's last change has the time of a database whose clock is an hour behind. */
  setClockBack: ({ admin, ...world }: World, step: Step) =>
    admin.$executeRaw`
      UPDATE chats
      SET last_change_at = last_change_at - interval '1 hour'
      WHERE id = ${chatOf(world, step)}::uuid`,
  /** Every disappearing message of the chat expires now. */
  expireMessages: ({ admin, ...world }: World, step: Step) =>
    admin.$executeRaw`
      UPDATE messages
      SET expires_at = clock_timestamp()
      WHERE chat_id = ${chatOf(world, step)}::uuid
        AND expires_at > clock_timestamp()
        AND deleted_at IS NULL`,
  stopRedis: ({ redis }: World) => redis.stop(),
  startRedis: ({ redis }: World) => redis.start(),
  emptyRedis: ({ redis }: World) => redis.empty(),
};

/** Faults of nodes that run as processes behind a load balancer. */
export const nodeVerbs = {
  killNode: ({ killNode }: World) => killNode(),
  cutConnections: ({ cutConnections }: World) => cutConnections(),
  breakDatabaseConnections: ({ admin }: World) => admin.$queryRaw`
    SELECT pg_terminate_backend(pid)
    FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'taar-chat'`,
};
