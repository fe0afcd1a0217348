import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import { emitMetrics } from '@taar/kit/metrics';
import { backoffMs } from '@taar/runtime/outbox/backoff';
import { type BatchSettings, createBatchWorker } from '@taar/runtime/outbox/batch-worker';
import type { Job } from '@taar/runtime/outbox/job';
import { type Platform, type PushJob, pushTopic } from '@taar/runtime/push-jobs';
import { composePush } from './compose-push.ts';
import { dropSuperseded } from './drop-superseded.ts';
import type { PlatformBackoff } from './platform-backoff.ts';
import type { PushOutcome } from './push-outcome.ts';
import { parsePush } from './push-payloads.ts';
import { type SendableContent, readPushContents } from './read-push-contents.ts';
import { type PushResult, recordResults } from './record-results.ts';
import { type SendPush, maxConcurrentSends } from './send-push.ts';

/** App badges by user. */
export type ReadBadges = (userIds: string[]) => Promise<Map<string, number>>;

type Needs = {
  db: ChatDb;
  readBadges: ReadBadges;
  sendPush: SendPush;
  backoff: PlatformBackoff;
  logger: Logger;
  retryMs: number;
  /** A push that could not be sent for so long is dropped. */
  ttlMs: number;
};

type ReadyPush = { job: Job<PushJob>; content: SendableContent };

/** A test notification that arrives later than this is of no use. */
const probeTtlMs = 60_000;

/** Sends the pushes to devices of one platform. */
export const createPlatformWorker = (platform: Platform, queue: BatchSettings, needs: Needs) => {
  const { db, backoff, logger, readBadges, sendPush } = needs;

  const sendPushes = async (jobs: Job<PushJob>[]) => {
    const { ready, skipped } = await selectReady(needs, jobs);
    const badges = await readBadges(ready.map(({ content }) => content.userId));
    const messages = ready.map(({ job, content }) =>
      composePush(job.payload, content, badges.get(content.userId) ?? 0),
    );
    const outcomes = await Promise.all(messages.map(sendPush));
    beginBackoff(outcomes);
    const results = ready.map((push, i) => toResult(needs, push, outcomes[i]!));
    await recordResults(db, [...skipped, ...results]).catch((error: unknown) =>
      // An error must not reach the worker: it would send the same pushes again at once.
      logger.warn('Results of pushes were not recorded; the pushes are sent again later.', {
        error,
      }),
    );
    countAccepted(results);
  };

  const beginBackoff = (outcomes: PushOutcome[]) => {
    const delayed = outcomes.filter((outcome) => outcome.kind === 'later');
    if (delayed.length === 0) return;
    const waitMs = Math.max(...delayed.map((outcome) => outcome.waitMs));
    logger.warn('FCM did not take some pushes; they are retried.', {
      platform,
      count: delayed.length,
      error: delayed[0]!.error,
      waitMs,
    });
    // Where FCM accepted other pushes, the quota of single devices was exceeded, not the project's.
    if (waitMs > 0 && outcomes.every(({ kind }) => kind !== 'accepted')) backoff.begin(waitMs);
  };

  /** Beside the metric of confirmed deliveries, it shows how many accepted pushes arrive. */
  const countAccepted = (results: PushResult[]) => {
    const value = results.filter(({ state }) => state === 'accepted').length;
    if (value > 0)
      emitMetrics(logger, { service: 'chat' }, [{ name: 'pushesAccepted', unit: 'Count', value }]);
  };

  return createBatchWorker({
    ...queue,
    name: pushTopic(platform),
    topic: pushTopic(platform),
    batchSize: maxConcurrentSends,
    parse: parsePush,
    isReady: async () => !(await backoff.isActive()),
    handle: sendPushes,
  });
};

/** Separates pushes that can be sent from those that have become needless. */
const selectReady = async ({ db, ttlMs }: Needs, jobs: Job<PushJob>[]) => {
  const pushes = jobs.map(({ payload }) => payload);
  const contents = await readPushContents(db, pushes);
  const skipped: PushResult[] = [];
  const skip = (job: Job<PushJob>, error: string) =>
    skipped.push({ ...describe(job), state: 'skipped', error });

  const found: ReadyPush[] = [];
  jobs.forEach((job, i) => {
    const content = contents[i];
    const token = content?.token;
    const maxAgeMs = job.payload.kind === 'probe' ? probeTtlMs : ttlMs;
    if (job.ageMs > maxAgeMs) skip(job, 'too_old');
    else if (!token) skip(job, 'no_token');
    else if (content.suppression) skip(job, content.suppression);
    else found.push({ job, content: { ...content, token } });
  });

  const { kept, superseded } = dropSuperseded(found, ({ job }) => job.payload);
  for (const { job } of superseded) skip(job, 'superseded');
  return { ready: kept, skipped };
};

const toResult = (
  { retryMs, logger }: Needs,
  { job, content }: ReadyPush,
  outcome: PushOutcome,
): PushResult => {
  const push = describe(job);
  if (outcome.kind === 'accepted')
    return { ...push, state: 'accepted', providerId: outcome.providerId };
  const { error } = outcome;
  if (outcome.kind === 'dead_token')
    return { ...push, state: 'failed', error, deadToken: content.token };
  if (outcome.kind === 'later') {
    const retryAfterMs = Math.max(outcome.waitMs, backoffMs(job.attempts, retryMs));
    return { ...push, state: null, error, retryAfterMs };
  }
  if (outcome.needsOperator)
    logger.error('FCM rejects our credentials for the push token of a device.', { error });
  return { ...push, state: 'failed', error };
};

const describe = (job: Job<PushJob>) => ({
  job,
  attemptId: 'attemptId' in job.payload ? job.payload.attemptId : null,
  sessionId: job.payload.sessionId,
});
