import type { UserDb } from '@taar/db';
import { OperatorError } from './operator-error.ts';

type Needs = { db: UserDb; operator: string };
type State = 'open' | 'acted' | 'dismissed';

const shown = 50;

/** The oldest first: nobody waits for ever. How often a target was reported says what is urgent. */
export const listReports = async ({ db }: Needs, state: State = 'open') => {
  const reports = await db.$queryRaw<object[]>`
    SELECT r.id, r.created_at AS at, r.target_type AS target, r.target_id AS "targetId", r.reason,
      (SELECT count(*)::int FROM reports o WHERE o.target_id = r.target_id) AS reports
    FROM reports r WHERE r.state = ${state} ORDER BY r.created_at LIMIT ${shown}`;
  return reports;
};

export const showReport = async ({ db }: Needs, id: string) => {
  const report = await db.report.findUnique({ where: { id } });
  if (!report) throw new OperatorError(`There is no report ${id}.`);
  return report;
};

export const closeReport = async ({ db, operator }: Needs, id: string, state: State) => {
  await db.$transaction(async (tx) => {
    const { count } = await tx.report.updateMany({
      where: { id, state: 'open' },
      data: { state, closedAt: new Date() },
    });
    if (count === 0) throw new OperatorError(`There is no open report ${id}.`);
    await tx.auditLog.create({
      data: { actor: operator, action: `report_${state}`, target: `report:${id}` },
    });
  });
  return showReport({ db, operator }, id);
};
