import { type ServiceTx, Prisma } from '@taar/db';
import { type FirebaseChange, topics } from '@taar/domain/topics';
import { currentContext } from '@taar/kit/context';
import type { Deps } from '../deps.ts';
import { Refusal } from '../firebase/guard.ts';

type Job = { id: bigint; attempts: number; key: string; payload: FirebaseChange };
type Needs = Pick<Deps, 'db' | 'admin' | 'logger'>;

const batch = 10;
const maxAttempts = 20;

/** Has Firebase follow a change of an account, in the transaction that makes the change. */
export const enqueueFirebase = (
  tx: Pick<ServiceTx<'auth'>, '$executeRaw'>,
  userId: string,
  action: FirebaseChange['action'],
) => tx.$executeRaw`
  INSERT INTO outbox (topic, key, payload, request_id)
  SELECT ${topics.firebaseAccount}, id, jsonb_build_object('action', ${action}::text, 'uid', firebase_uid),
    ${currentContext()?.requestId ?? null}::uuid
  FROM users WHERE id = ${userId}::uuid`;

const takeJobs = (db: Deps['db']) => db.$queryRaw<Job[]>`
  UPDATE outbox SET attempts = attempts + 1, locked_until = now() + interval '1 min'
  WHERE id IN (
    SELECT id FROM outbox
    WHERE topic = ${topics.firebaseAccount} AND done_at IS NULL AND dead_at IS NULL AND available_at <= now()
      AND (locked_until IS NULL OR locked_until <= now())
    ORDER BY id LIMIT ${batch} FOR UPDATE SKIP LOCKED)
  RETURNING id, attempts, key, payload`;

/** The same number comes back under the same uid, which is then somebody's again. */
const isReused = async (db: Deps['db'], { key, payload }: Job) =>
  (await db.user.count({ where: { firebaseUid: payload.uid, id: { not: key } } })) > 0;

const perform = async ({ db, admin }: Needs, job: Job) => {
  const { action, uid } = job.payload;
  try {
    if (action === 'revoke') await admin.revokeRefreshTokens(uid);
    else if (action === 'delete') {
      if (!(await isReused(db, job))) await admin.deleteUser(uid);
    } else await admin.setDisabled(uid, action === 'disable');
  } catch (error) {
    const isGone = error instanceof Refusal && error.message === 'auth/user-not-found';
    if (!isGone) throw error;
  }
};

const settle = async (deps: Needs, job: Job) => {
  const { id, attempts } = job;
  try {
    await perform(deps, job);
    await deps.db.$executeRaw`UPDATE outbox SET done_at = now() WHERE id = ${id}`;
  } catch (error) {
    const outcome =
      attempts >= maxAttempts
        ? Prisma.sql`dead_at = now()`
        : Prisma.sql`available_at = now() + least(power(2, ${attempts}::int), 3600) * interval '1 s'`;
    await deps.db.$executeRaw`
      UPDATE outbox SET ${outcome}, locked_until = NULL, last_error = ${String(error).slice(0, 500)}
      WHERE id = ${id}`;
  }
};

/** Works the jobs that are due. */
export const followAccounts = async (deps: Needs) => {
  for (let jobs = await takeJobs(deps.db); jobs.length > 0; jobs = await takeJobs(deps.db))
    for (const job of jobs) await settle(deps, job);
};
