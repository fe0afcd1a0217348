import type { ServiceTx } from '@taar/db';
import type { Deps } from '../deps.ts';

type Tx = Pick<ServiceTx<'auth'>, '$queryRaw' | '$executeRaw'>;
type Sums = { sent: number; verified: number; costMicros: number; spentToday: number };
export type Verdict = 'open' | 'attest' | 'refuse';

const findSums = async (tx: Tx, prefix: string, windowHours: number): Promise<Sums> => {
  const [sums] = await tx.$queryRaw<Sums[]>`
    SELECT coalesce(sum(sent), 0)::int AS sent, coalesce(sum(verified), 0)::int AS verified,
      coalesce(sum(cost_micros), 0)::float8 AS "costMicros",
      (SELECT coalesce(sum(cost_micros), 0)::float8 FROM otp_prefix_stats
        WHERE bucket > now() - interval '1 day') AS "spentToday"
    FROM otp_prefix_stats
    WHERE prefix = ${prefix} AND bucket > now() - ${windowHours} * interval '1 h'`;
  return sums!;
};

const judge = (
  { sent, verified, costMicros, spentToday }: Sums,
  config: Deps['config'],
): Verdict => {
  const factor = config.RATE_LIMIT_FACTOR;
  const isSpent = (share: number) =>
    costMicros >= config.SMS_PREFIX_BUDGET_MICROS * factor * share ||
    spentToday >= config.SMS_DAILY_BUDGET_MICROS * factor * share;
  const isUnproven = (least: number, percent: number) =>
    sent >= config.PREFIX_MIN_SENT * factor * least && verified < sent * (percent / 100);

  // Whoever has no genuine app must not be able to close a prefix to those who have: as many codes
  // again as made it suspect go to strong proofs first.
  if (isSpent(1) || isUnproven(2, config.PREFIX_REFUSE_PERCENT)) return 'refuse';
  return isSpent(0.5) || isUnproven(1, config.PREFIX_ATTEST_PERCENT) ? 'attest' : 'open';
};

/** Those who spend the budget of one prefix follow one another; it is the last lock of any. */
export const lockPrefix = (tx: Tx, prefix: string) => tx.$executeRaw`
  SELECT pg_advisory_xact_lock(hashtextextended(${`otp prefix ${prefix}`}, 0))`;

/**
 * Whether codes may go to a prefix. Those who pump SMS have no phones to prove them with: few
 * proven of many sent, or too much money spent, gives the prefix away while others go on.
 */
export const judgePrefix = async (tx: Tx, config: Deps['config'], prefix: string) => {
  const sums = await findSums(tx, prefix, config.PREFIX_WINDOW_HOURS);
  return { ...sums, verdict: judge(sums, config) };
};

/** Counts a code in the present hour; `change` is -1 for one that was not sent after all. */
export const countSent = (tx: Tx, prefix: string, costMicros: number, change: 1 | -1 = 1) =>
  tx.$executeRaw`
    INSERT INTO otp_prefix_stats AS s (prefix, bucket, sent, cost_micros)
    VALUES (${prefix}, date_trunc('hour', now()), greatest(${change}, 0), greatest(${change * costMicros}, 0))
    ON CONFLICT (prefix, bucket) DO UPDATE SET
      sent = greatest(s.sent + ${change}, 0),
      cost_micros = greatest(s.cost_micros + ${change * costMicros}, 0)`;

export const countVerified = (tx: Tx, prefix: string) => tx.$executeRaw`
  INSERT INTO otp_prefix_stats AS s (prefix, bucket, verified)
  VALUES (${prefix}, date_trunc('hour', now()), 1)
  ON CONFLICT (prefix, bucket) DO UPDATE SET verified = s.verified + 1`;
