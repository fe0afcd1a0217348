import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '@taar/kit/auth';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { type Platform, type PushJob, pushTopic } from '@taar/runtime/push-jobs';
import type { Deps } from '../deps.ts';
import { type ProbeReport, findProbeReport, toProbeReport } from './probe-report.ts';

const pollMs = 100;

/** Sends a test notification to the calling device and reports the hop where it is stuck. */
export const probePush = async (
  { db, config }: Pick<Deps, 'db' | 'config'>,
  actor: Actor,
): Promise<ProbeReport> => {
  const pushId = await enqueueProbe({ db }, actor);
  const giveUpAt = performance.now() + config.PROBE_WAIT_MS;
  let report = toProbeReport(pushId, 'queued', null);
  while (performance.now() < giveUpAt) {
    report = await findProbeReport(db, actor.sessionId, pushId);
    if (isFinal(report)) break;
    await sleep(pollMs);
  }
  return report;
};

/** The job has the topic of the device's platform, so that it passes the same hops as a message. */
const enqueueProbe = async ({ db }: Pick<Deps, 'db'>, { userId, sessionId }: Actor) => {
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

/** Why the device cannot receive any push, or null. */
const obstacleOf = (session: { pushToken: string | null; pushFailedAt: Date | null }) => {
  if (session.pushToken !== null) return null;
  return session.pushFailedAt ? 'token_refused' : 'no_token';
};

const isFinal = ({ hops }: ProbeReport) =>
  hops.every(({ state }) => state === 'passed') || hops.some(({ state }) => state === 'failed');
