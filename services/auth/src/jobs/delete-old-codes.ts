import type { Deps } from '../deps.ts';

const batch = 5_000;

/** Drops what no quota and no judgement of a prefix looks at any more. */
export const deleteOldCodes = async ({ db }: Pick<Deps, 'db'>) => {
  for (let dropped = batch; dropped === batch;)
    dropped = await db.$executeRaw`
      DELETE FROM otp_requests WHERE id IN (
        SELECT id FROM otp_requests WHERE created_at < now() - interval '2 days' LIMIT ${batch})`;
  await db.$executeRaw`
    DELETE FROM otp_prefix_stats WHERE bucket < now() - interval '30 days'`;
};
