import type { Input, Output, userRest } from '@taar/contracts';
import type { Prisma } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { insertBlock } from '../people/block-user.ts';
import { findTarget } from './find-target.ts';

type CreateReport = typeof userRest.createReport;

/** Keeps what was said with the report: the reported person may take it back meanwhile. */
export const createReport = async (
  { db, publish, logger }: Pick<Deps, 'db' | 'publish' | 'logger'>,
  { userId }: Actor,
  { targetType, targetId, reason, note, alsoBlock }: Input<CreateReport>,
): Promise<Output<CreateReport>> => {
  const { id, userVer } = await db.$transaction(async (tx) => {
    const target = await findTarget(tx, userId, { targetType, targetId });
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
    const other = alsoBlock && target.personId !== userId ? target.personId : null;
    return { id, userVer: other ? await insertBlock(tx, userId, other) : undefined };
  });
  if (userVer !== undefined) publish('my_state_updated', { users: [userId] }, { userVer });
  logger.info('reported', { reportId: id, targetType, reason });
  return { id };
};
