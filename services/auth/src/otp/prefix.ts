import type { ServiceTx } from '@taar/db';
import type { Deps } from '../deps.ts';

type Tx = Pick<ServiceTx<'auth'>, '$queryRaw' | '$executeRaw'>;
type Sums = { sent: number; verified: number; costMicros: number; spentToday: number };
type Verdict = 'open' | 'attest' | 'refuse';

/** Puts requests that spend the budget of one prefix in order. Transactions take this lock last. */
export const lockPrefix = (tx: Tx, prefix: string) => tx.$executeRaw`
  SELECT pg_advisory_xact_lock(hashtextextended(${`otp prefix ${prefix}`}, 0))`;

/**
 * Decides whether codes may be sent to a prefix. SMS pumping shows in many sent and few verified
 * codes, or in high costs, of one prefix; other prefixes stay open.
 */
export const assessPrefix = async (tx: Tx, config: Deps['config'], prefix: string) => {
  const sums = await findSums(tx, prefix, config.PREFIX_WINDOW_HOURS);
  return { ...sums, verdict: verdictOf(sums, config) };
};

const findSums = async (tx: Tx, prefix: string, windowHours: number): Promise<Sums> => {
  const [sums] = await tx.$queryRaw<Sums[]>`
    SELECT coalesce(sum(sent), 0)::int AS sent,
      coalesce(sum(verified), 0)::int AS verified,
      coalesce(sum(cost_micros), 0)::float8 AS "costMicros",
      (SELECT coalesce(sum(cost_micros), 0)::float8
        FROM otp_prefix_stats
        WHERE bucket > now() - interval '1 day') AS "spentToday"
    FROM otp_prefix_stats
    WHERE prefix = ${prefix} AND bucket > now() - ${windowHours} * interval '1 h'`;
  return sums!;
};

const verdictOf = (
  { sent, verified, costMicros, spentToday }: Sums,
  config: Deps['config'],
): Verdict => {
  const factor = config.RATE_LIMIT_FACTOR;
  const isSpent = (share: number) =>
    costMicros >= config.SMS_PREFIX_BUDGET_MICROS * factor * share ||
    spentToday >= config.SMS_DAILY_BUDGET_MICROS * factor * share;
  const isRarelyVerified = (sample: number, percent: number) =>
    sent >= config.PREFIX_MIN_SENT * factor * sample && verified < sent * (percent / 100);

  // To refuse takes twice the codes that it takes to demand a strong proof: requests without a
  // genuine app can bring a prefix to `attest`, and only codes with a strong proof to `refuse`.
  if (isSpent(1) || isRarelyVerified(2, config.PREFIX_REFUSE_PERCENT)) return 'refuse';
  return isSpent(0.5) || isRarelyVerified(1, config.PREFIX_ATTEST_PERCENT) ? 'attest' : 'open';
};

/** Counts a code in the present hour. `change` is -1 for a code that was counted and not sent. */
export const countSent = (tx: Tx, prefix: string, costMicros: number, change: 1 | -1 = 1) =>
  tx.$executeRaw`
    INSERT INTO otp_prefix_stats AS stat (prefix, bucket, sent, cost_micros)
    VALUES
      (${prefix}, date_trunc('hour', now()), greatest(${change}, 0),
        greatest(${change * costMicros}, 0))
    ON CONFLICT (prefix, bucket) DO UPDATE
      SET sent = greatest(stat.sent + ${change}, 0),
        cost_micros = greatest(stat.cost_micros + ${change * costMicros}, 0)`;

export const countVerified = (tx: Tx, prefix: string) => tx.$executeRaw`
  INSERT INTO otp_prefix_stats AS stat (prefix, bucket, verified)
  VALUES (${prefix}, date_trunc('hour', now()), 1)
  ON CONFLICT (prefix, bucket) DO UPDATE
    SET verified = stat.verified + 1`;
