import type { Deps } from '../deps.ts';

const batch = 5_000;

/** Deletes requests of codes that no quota counts any longer, and old counts of prefixes. */
export const deleteOldCodes = async ({ db }: Pick<Deps, 'db'>) => {
  for (let deleted = batch; deleted === batch;)
    deleted = await db.$executeRaw`
      DELETE FROM otp_requests
      WHERE id IN (
        SELECT id
        FROM otp_requests
        WHERE created_at < now() - interval '2 days'
        LIMIT ${batch})`;
  await db.$executeRaw`
    DELETE FROM otp_prefix_stats
    WHERE bucket < now() - interval '30 days'`;
};
