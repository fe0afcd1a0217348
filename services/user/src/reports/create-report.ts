import type { Input, Output, userRest } from '@taar/contracts';
import type { Prisma } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { insertBlock } from '../people/block-user.ts';
import { findReportTarget } from './find-report-target.ts';

type CreateReport = typeof userRest.createReport;

/** Stores the reported content with the report, because its author may delete it later. */
export const createReport = async (
  { db, publish, logger }: Pick<Deps, 'db' | 'publish' | 'logger'>,
  { userId }: Actor,
  { targetType, targetId, reason, note, alsoBlock }: Input<CreateReport>,
): Promise<Output<CreateReport>> => {
  const { id, userVer } = await db.$transaction(async (tx) => {
    const target = await findReportTarget(tx, userId, { targetType, targetId });
    const { id } = await tx.report.create({
      data: {
        reporterId: userId,
        targetType,
        targetId,
        chatId: target.chatId,
        reason,
        note: note ?? null,
        evidence: target.evidence as Prisma.InputJsonArray,
      },
    });
    const blockedId = alsoBlock && target.authorId !== userId ? target.authorId : null;
    return { id, userVer: blockedId ? await insertBlock(tx, userId, blockedId) : undefined };
  });
  if (userVer !== undefined) publish('my_state_updated', { users: [userId] }, { userVer });
  logger.info('A report was created.', { reportId: id, targetType, reason });
  return { id };
};
