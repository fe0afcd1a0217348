import { randomUUID } from 'node:crypto';
import {
  comeBack,
  goOffline,
  keepBackup,
  loseMemory,
  restoreBackup,
  sleepForAMonth,
} from './device.ts';
import { type Step, chatOf, deviceOf } from './step.ts';
import type { World } from './world.ts';

export const faultVerbs = {
  goOffline: (world: World, step: Step) => goOffline(deviceOf(world, step)),
  comeBack: (world: World, step: Step) => comeBack(deviceOf(world, step)),
  loseEvents: async (world: World, step: Step) => {
    deviceOf(world, step).losing = true;
  },
  loseMemory: (world: World, step: Step) => loseMemory(deviceOf(world, step)),
  sleepForAMonth: (world: World, step: Step) => sleepForAMonth(deviceOf(world, step)),
  keepBackup: (world: World, step: Step) => keepBackup(deviceOf(world, step)),
  restoreBackup: (world: World, step: Step) => restoreBackup(deviceOf(world, step)),
  /** The database says that it is another one, and so everything is fetched again. */
  changeEpoch: ({ admin }: World) =>
    admin.serverState.updateMany({ data: { epoch: randomUUID() } }),
  /** The database moved to a machine whose clock is behind. */
  setClockBack: ({ admin, ...world }: World, step: Step) =>
    admin.$executeRaw`
      UPDATE chats SET last_change_at = last_change_at - interval '1 hour'
      WHERE id = ${chatOf(world, step)}::uuid`,
  /** The time of what disappears in this chat is over. */
  passTime: ({ admin, ...world }: World, step: Step) =>
    admin.$executeRaw`
      UPDATE messages SET expires_at = clock_timestamp()
      WHERE chat_id = ${chatOf(world, step)}::uuid AND expires_at > clock_timestamp()
        AND deleted_at IS NULL`,
  stopRedis: ({ redis }: World) => redis.stop(),
  startRedis: ({ redis }: World) => redis.start(),
  emptyRedis: ({ redis }: World) => redis.empty(),
};

/** Where nodes are processes and connections go through a load balancer. */
export const nodeVerbs = {
  killNode: ({ killNode }: World) => killNode(),
  cutConnections: ({ cutConnections }: World) => cutConnections(),
  breakDatabaseConnections: ({ admin }: World) => admin.$queryRaw`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'taar-chat'`,
};
