import type { ServiceTx, UserDb } from '@taar/db';
import { revokeSessions } from '@taar/runtime/sessions/revoke-sessions';
import { enqueueFirebaseChange } from '@taar/domain/enqueue-firebase-change';
import { findAccountId } from './find-account-id.ts';

type Needs = { db: UserDb; operator: string; announceEnd: (sessionIds: string[]) => Promise<void> };

/** Ends all sessions of an account. A suspended account cannot sign in and cannot be found. */
export const suspend = async (
  { db, operator, announceEnd }: Needs,
  account: string,
  reason?: string,
) => {
  const userId = await findAccountId(db, account);
  const ended = await db.$transaction(async (tx) => {
    await addToAuditLog(tx, operator, { action: 'user_suspended', userId, reason });
    await enqueueFirebaseChange(tx, userId, 'disable');
    const ended = await revokeSessions(tx, { userId }, 'suspended');
    await setSuspended(tx, userId, new Date());
    return ended;
  });
  await announceEnd(ended);
  return { userId, suspended: true, sessionsEnded: ended.length };
};

export const unsuspend = async ({ db, operator }: Needs, account: string, reason?: string) => {
  const userId = await findAccountId(db, account);
  await db.$transaction(async (tx) => {
    await addToAuditLog(tx, operator, { action: 'user_unsuspended', userId, reason });
    await enqueueFirebaseChange(tx, userId, 'enable');
    await setSuspended(tx, userId, null);
  });
  return { userId, suspended: false };
};

const addToAuditLog = (
  tx: ServiceTx<'user'>,
  operator: string,
  { action, userId, reason }: { action: string; userId: string; reason: string | undefined },
) =>
  tx.auditLog.create({
    data: {
      actor: operator,
      action,
      target: `user:${userId}`,
      detail: reason === undefined ? {} : { reason },
    },
  });

const setSuspended = (tx: ServiceTx<'user'>, userId: string, suspendedAt: Date | null) =>
  tx.userState.upsert({
    where: { userId },
    create: { userId, suspendedAt },
    update: { suspendedAt },
  });
