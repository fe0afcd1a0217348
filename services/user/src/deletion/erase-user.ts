import type { ServiceTx } from '@taar/db';
import { eraseRows } from '@taar/domain/erasure/erase-rows';
import { type Erasure, enqueueNextErasure } from '@taar/domain/erasure/erasure-jobs';
import type { Job } from '@taar/runtime/outbox/job';
import type { Deps } from '../deps.ts';
import { enqueueFirebaseChange } from '@taar/domain/enqueue-firebase-change';

/** Erases the rows that user owns, then hands the erasure on to the next service. */
export const eraseUser = async ({ db }: Pick<Deps, 'db'>, { key, payload }: Job) => {
  const deleteMessages = payload['deleteMessages'] === true;
  if (!(await begin(db, key, deleteMessages))) return;
  const report = await eraseRows(db, 'user', key);
  await enqueueNextErasure(db, 'user', key, { deleteMessages, report });
};

/** Runs when every service has erased the rows that it owns. */
export const recordErasure = async ({ db }: Pick<Deps, 'db'>, { key, payload }: Job) => {
  const { report } = payload as Erasure;
  await db.erasureJob.updateMany({
    where: { userId: key, state: 'running' },
    data: { state: 'done', finishedAt: new Date(), report },
  });
};

/** After this the deletion cannot be undone: a later sign-in with the number gets a new account. */
const begin = (db: Deps['db'], userId: string, deleteMessages: boolean) =>
  db.$transaction(async (tx) => {
    if (!(await isDue(tx, userId))) return false;
    await tx.$executeRaw`UPDATE user_state SET erase_after = NULL WHERE user_id = ${userId}::uuid`;
    await enqueueFirebaseChange(tx, userId, 'delete');
    const running = { userId, state: 'running' };
    if ((await tx.erasureJob.count({ where: running })) === 0)
      await tx.erasureJob.create({ data: { ...running, deleteMessages, startedAt: new Date() } });
    return true;
  });

/** False after the owner undid the deletion. A later deletion has a job of its own. */
const isDue = async (tx: ServiceTx<'user'>, userId: string) => {
  const due = await tx.$queryRaw<unknown[]>`
    SELECT FROM user_state
    WHERE user_id = ${userId}::uuid
      AND deleted_at IS NOT NULL
      AND (erase_after IS NULL OR erase_after <= now())
    FOR UPDATE`;
  return due.length > 0;
};
