import type { ServiceTx } from '@taar/db';
import { AppError } from '@taar/kit/errors';

type Sql = Pick<ServiceTx<'user'>, '$queryRaw'>;

/**
 * Spends look-ups by number of the user's budget of the day (UTC), in the transaction that looks
 * them up. A request that exceeds the budget throws `rate_limited` and spends nothing.
 */
export const spendLookups = async (
  tx: Sql,
  userId: string,
  kind: 'contacts' | 'search',
  { count, perDay }: { count: number; perDay: number },
) => {
  if (count === 0) return;
  const spent = await tx.$queryRaw<unknown[]>`
    INSERT INTO lookup_budgets AS budget (user_id, kind, day, spent)
    SELECT ${userId}::uuid, ${kind}, (now() AT TIME ZONE 'UTC')::date, ${count}::int
    WHERE ${count} <= ${perDay}
    ON CONFLICT (user_id, kind) DO UPDATE
      SET day = excluded.day,
        spent = excluded.spent
          + CASE WHEN budget.day = excluded.day THEN budget.spent ELSE 0 END
      WHERE excluded.spent
        + CASE WHEN budget.day = excluded.day THEN budget.spent ELSE 0 END <= ${perDay}
    RETURNING 1`;
  if (spent.length === 0)
    throw new AppError('rate_limited', 'Too many phone numbers for one day. Try again tomorrow.', {
      retryAfterMs: msUntilTomorrow(),
    });
};

const msUntilTomorrow = () => {
  const now = new Date();
  return new Date(now).setUTCHours(24, 0, 0, 0) - now.getTime();
};
