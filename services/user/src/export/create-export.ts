import type { Output, userRest } from '@taar/contracts';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { toExport } from './to-export.ts';

export const exportTopic = 'data_export';
const dayMs = 24 * 60 * 60 * 1_000;

/** A user gets one export a day: a repeated request returns the running or the latest one. */
export const createExport = async (
  { db, jobs }: Pick<Deps, 'db' | 'jobs'>,
  { userId }: Actor,
): Promise<Output<typeof userRest.createExport>> => {
  const row = await db.$transaction(async (tx) => {
    // The lock puts concurrent requests of one user in order.
    await tx.$queryRaw`SELECT FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`;
    const latest = await tx.dataExport.findFirst({
      where: { userId, state: { not: 'failed' }, createdAt: { gt: new Date(Date.now() - dayMs) } },
      orderBy: { createdAt: 'desc' },
    });
    if (latest) return latest;
    const created = await tx.dataExport.create({ data: { userId } });
    await enqueue(tx, { topic: exportTopic, key: created.id });
    return created;
  });
  jobs.wake();
  return toExport(row);
};
