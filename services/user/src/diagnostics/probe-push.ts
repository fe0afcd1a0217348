import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { enqueue } from '@taar/runtime/jobs';
import { type Platform, type PushJob, pushTopic } from '@taar/runtime/push-jobs';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { type ProbeReport, findProbeReport, toProbeReport } from './probe-report.ts';

const pollMs = 100;

/** Why a device cannot be pushed to at all. */
const obstacleOf = (session: { pushToken: string | null; pushFailedAt: Date | null }) => {
  if (session.pushToken !== null) return null;
  return session.pushFailedAt ? 'token_refused' : 'no_token';
};

/** Puts the push into the line of its platform, where messages' pushes wait too. */
const start = async ({ db }: Pick<Deps, 'db'>, { userId, sessionId }: Actor) => {
  const attemptId = randomUUID();
  const session = await db.session.findUniqueOrThrow({ where: { id: sessionId } });
  const obstacle = obstacleOf(session);
  const job: PushJob = { kind: 'probe', attemptId, sessionId };
  await db.$transaction(async (tx) => {
    const state = obstacle ? 'skipped' : 'queued';
    await tx.pushAttempt.create({
      data: { id: attemptId, userId, sessionId, state, error: obstacle },
    });
    const topic = pushTopic(session.platform as Platform);
    if (!obstacle) await enqueue(tx, { topic, key: sessionId, payload: job });
  });
  return attemptId;
};

/** Nothing more will happen to it, or not before somebody acts. */
const isOver = ({ hops }: ProbeReport) =>
  hops.every(({ state }) => state === 'passed') || hops.some(({ state }) => state === 'failed');

/** Sends a push all the way, and says which hop it did not pass in time. */
export const probePush = async (
  { db, config }: Pick<Deps, 'db' | 'config'>,
  actor: Actor,
): Promise<ProbeReport> => {
  const pushId = await start({ db }, actor);
  const giveUpAt = performance.now() + config.PROBE_WAIT_MS;
  let report = toProbeReport(pushId, 'queued', null);
  while (performance.now() < giveUpAt) {
    report = await findProbeReport(db, actor.sessionId, pushId);
    if (isOver(report)) break;
    await sleep(pollMs);
  }
  return report;
};
