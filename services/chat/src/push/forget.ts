import type { Deps } from '../deps.ts';

const everyMs = 60 * 60 * 1_000;
const batch = 5_000;

type Needs = Pick<Deps, 'db' | 'logger'>;

const inBatches = async (remove: () => Promise<number>) => {
  for (let removed = batch; removed === batch;) removed = await remove();
};

/**
 * Drops the records of pushes after a week, jobs that were done or given up, and those that nobody
 * worked in days, as where push is off.
 */
export const forgetPushes = async ({ db }: Pick<Needs, 'db'>) => {
  await inBatches(
    () => db.$executeRaw`
      DELETE FROM push_attempts WHERE id IN (
        SELECT id FROM push_attempts WHERE at < now() - interval '7 days' LIMIT ${batch}::int)`,
  );
  await inBatches(
    () => db.$executeRaw`
      DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE created_at < now() - interval '2 days'
          AND (done_at < now() - interval '2 days' OR dead_at < now() - interval '30 days'
            OR topic IN ('message.created', 'message.read') OR payload ? 'token'
            OR (topic LIKE 'push.%' AND created_at < now() - interval '30 days'))
        LIMIT ${batch}::int)`,
  );
};

export const startForgetting = (needs: Needs) => {
  const timer = setInterval(() => {
    forgetPushes(needs).catch((error: unknown) =>
      needs.logger.warn('old pushes were not dropped', { error }),
    );
  }, everyMs);
  return () => clearInterval(timer);
};
