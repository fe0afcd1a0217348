import { repeat } from '@taar/kit/repeat';
import type { Deps } from '../deps.ts';

const everyMs = 60 * 60 * 1_000;
const batchSize = 5_000;

type Needs = Pick<Deps, 'db' | 'logger'>;

export const startDeletingOldPushes = ({ db, logger }: Needs) =>
  repeat({
    everyMs,
    work: () => deleteOldPushes({ db }),
    onError: (error) => logger.warn('Old push attempts and jobs could not be deleted.', { error }),
  });

/**
 * Deletes push attempts after a week, and the jobs of all services: done ones after two days, dead
 * letters after thirty. Where push is off, its jobs are never done and deleted by their age.
 */
export const deleteOldPushes = async ({ db }: Pick<Needs, 'db'>) => {
  await inBatches(
    () => db.$executeRaw`
      DELETE FROM push_attempts
      WHERE id IN (
        SELECT id
        FROM push_attempts
        WHERE at < now() - interval '7 days'
        LIMIT ${batchSize}::int)`,
  );
  await inBatches(
    () => db.$executeRaw`
      DELETE FROM outbox
      WHERE id IN (
        SELECT id
        FROM outbox
        WHERE created_at < now() - interval '2 days'
          AND (
            done_at < now() - interval '2 days'
            OR dead_at < now() - interval '30 days'
            OR topic IN ('message.created', 'message.read')
            OR payload ? 'token'
            OR (topic LIKE 'push.%' AND created_at < now() - interval '30 days'))
        LIMIT ${batchSize}::int)`,
  );
};

const inBatches = async (remove: () => Promise<number>) => {
  for (let removed = batchSize; removed === batchSize;) removed = await remove();
};
