import type { ServiceTx } from '@taar/db';
import { AppError } from '@taar/kit/errors';

type Sql = Pick<ServiceTx<'user'>, '$queryRaw'>;

const untilTomorrow = () => {
  const now = new Date();
  return new Date(now).setUTCHours(24, 0, 0, 0) - now.getTime();
};

/**
 * Spends of a person's daily budget of look-ups by number, in the transaction that looks: it
 * outlives every cache, and what is refused costs nothing.
 */
export const spendLookups = async (
  tx: Sql,
  userId: string,
  kind: 'contacts' | 'search',
  { count, perDay }: { count: number; perDay: number },
) => {
  if (count === 0) return;
  const spent = await tx.$queryRaw<unknown[]>`
    INSERT INTO lookup_budgets AS l (user_id, kind, day, spent)
    SELECT ${userId}::uuid, ${kind}, (now() AT TIME ZONE 'UTC')::date, ${count}::int
    WHERE ${count} <= ${perDay}
    ON CONFLICT (user_id, kind) DO UPDATE SET day = excluded.day,
      spent = CASE WHEN l.day = excluded.day THEN l.spent ELSE 0 END + excluded.spent
    WHERE CASE WHEN l.day = excluded.day THEN l.spent ELSE 0 END + excluded.spent <= ${perDay}
    RETURNING 1`;
  if (spent.length === 0)
    throw new AppError('rate_limited', 'Too many numbers for one day.', {
      retryAfterMs: untilTomorrow(),
    });
};
