import type { UserDb } from '@taar/db';
import { OperatorError } from './operator-error.ts';

type Needs = { db: UserDb; operator: string };

const maxListed = 50;

/** The oldest reports of a state, each with the number of all reports against its target. */
export const listReports = ({ db }: Needs, state: 'open' | 'acted' | 'dismissed') =>
  db.$queryRaw<object[]>`
    SELECT report.id, report.created_at AS at, report.target_type AS target,
      report.target_id AS "targetId", report.reason,
      (SELECT count(*)::int FROM reports other WHERE other.target_id = report.target_id) AS reports
    FROM reports report
    WHERE report.state = ${state}
    ORDER BY report.created_at
    LIMIT ${maxListed}`;

export const showReport = async ({ db }: Needs, id: string) => {
  const report = await db.report.findUnique({ where: { id } });
  if (!report) throw new OperatorError(`There is no report ${id}.`);
  return report;
};

export const closeReport = async (
  { db, operator }: Needs,
  id: string,
  state: 'acted' | 'dismissed',
) => {
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
