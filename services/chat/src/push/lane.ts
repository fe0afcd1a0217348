import type { ChatDb } from '@taar/db';
import { type Platform, type PushJob, pushTopic } from '@taar/runtime/push-jobs';
import type { Logger } from '@taar/kit/logger';
import { emitMetrics } from '@taar/kit/metrics';
import type { Totals } from '../core/totals.ts';
import { compose } from './compose.ts';
import { type PushContent, readContents } from './contents.ts';
import { type Job, readPush } from './jobs.ts';
import type { Outcome } from './outcome.ts';
import type { Pause } from './pause.ts';
import { backoffMs, failJobs, takeJobs } from './queue.ts';
import { type Send, maxAtOnce } from './send.ts';
import { type Result, settle } from './settle.ts';
import { withoutSuperseded } from './superseded.ts';

const maxAttempts = 5;
/** Whoever tests their notifications does not wait for longer. */
const probeTtlMs = 60_000;

type Needs = {
  db: ChatDb;
  totals: Totals;
  send: Send;
  pause: Pause;
  logger: Logger;
  retryMs: number;
  /** What could not be sent for so long is dropped: nobody wants yesterday's storm. */
  ttlMs: number;
};

type Ready = { job: Job; push: PushJob; content: PushContent; badge: number };
const attemptOf = (push: PushJob) => ('attemptId' in push ? push.attemptId : null);

/** Sends what waits for the devices of one platform. Answers whether there may be more. */
export const createLane = (platform: Platform, needs: Needs) => {
  const { db, totals, send, pause, logger, retryMs, ttlMs } = needs;
  const skip = (job: Job, push: PushJob, error: string): Result => ({
    job,
    attemptId: attemptOf(push),
    sessionId: push.sessionId,
    state: 'skipped',
    error,
  });

  /** Parts what can be sent from what has nothing to say any more. */
  const prepare = async (jobs: { job: Job; push: PushJob }[]) => {
    const contents = await readContents(
      db,
      jobs.map(({ push }) => push),
    );
    const skipped: Result[] = [];
    const found = jobs.flatMap(({ job, push }, i) => {
      const content = contents[i];
      const reason =
        job.ageMs > (push.kind === 'probe' ? probeTtlMs : ttlMs)
          ? 'too_old'
          : content?.token
            ? content.reason
            : 'no_token';
      if (reason === null && content) return [{ job, push, content, badge: 0 }];
      skipped.push(skip(job, push, reason ?? 'no_token'));
      return [];
    });
    const ready = withoutSuperseded(found);
    for (const one of found)
      if (!ready.includes(one)) skipped.push(skip(one.job, one.push, 'superseded'));
    const badges = await totals.badges(ready.map(({ content }) => content.userId));
    return {
      skipped,
      ready: ready.map((one) => ({ ...one, badge: badges.get(one.content.userId) ?? 0 })),
    };
  };

  const toResult = ({ job, push, content }: Ready, outcome: Outcome): Result => {
    const about = { job, attemptId: attemptOf(push), sessionId: push.sessionId };
    if (outcome.kind === 'accepted')
      return { ...about, state: 'accepted', providerId: outcome.providerId };
    const { error } = outcome;
    if (outcome.kind === 'dead_token')
      return { ...about, state: 'failed', error, deadToken: content.token! };
    if (outcome.kind === 'later') {
      const againMs = Math.max(outcome.waitMs, backoffMs(job.attempts, retryMs));
      return { ...about, state: null, error, againMs };
    }
    if (outcome.alarm) logger.error('FCM refuses our credentials for a device', { error });
    return { ...about, state: 'failed', error };
  };

  const deliver = async (ready: Ready[]): Promise<Result[]> => {
    const outcomes = await Promise.all(
      ready.map(({ push, content, badge }) =>
        send(compose({ job: push, token: content.token!, content, badge })),
      ),
    );
    // Where others went through, it was the quota of a device and not the project's.
    const isAlone = outcomes.every(({ kind }) => kind !== 'accepted');
    const waitMs = Math.max(...outcomes.map((one) => (one.kind === 'later' ? one.waitMs : 0)));
    if (isAlone && waitMs > 0) pause.begin(waitMs);
    const trouble = outcomes.find(({ kind }) => kind === 'later');
    if (trouble) logger.warn('pushes were put off', { platform, ...trouble });
    return ready.map((one, i) => toResult(one, outcomes[i]!));
  };

  const work = async (jobs: { job: Job; push: PushJob }[]): Promise<void> => {
    let prepared: Awaited<ReturnType<typeof prepare>>;
    try {
      prepared = await prepare(jobs);
    } catch (error) {
      if (jobs.length > 1) {
        const half = jobs.length >> 1;
        await work(jobs.slice(0, half));
        return work(jobs.slice(half));
      }
      const failed = jobs.map(({ job }) => job);
      return failJobs(db, failed, String(error), { baseMs: retryMs, maxAttempts });
    }
    const { skipped, ready } = prepared;
    // What was sent and cannot be noted is sent once more when its lease ends: collapsed into one.
    const results = ready.length > 0 ? await deliver(ready) : [];
    await settle(db, [...skipped, ...results]);
    const value = results.filter(({ state }) => state === 'accepted').length;
    // Beside what devices acknowledge, it says how much of what FCM takes arrives.
    if (value > 0)
      emitMetrics(logger, { service: 'chat' }, [{ name: 'pushesAccepted', unit: 'Count', value }]);
  };

  return async (): Promise<boolean> => {
    if (await pause.isOn()) return false;
    const jobs = await takeJobs(db, pushTopic(platform), maxAtOnce);
    const sound = jobs.flatMap((job) => {
      const push = readPush(job);
      return push ? [{ job, push }] : [];
    });
    const bad = jobs.filter((job) => !readPush(job));
    if (bad.length > 0)
      await failJobs(db, bad, 'The payload is not one of a push.', {
        baseMs: retryMs,
        maxAttempts,
      });
    if (sound.length > 0) await work(sound);
    return jobs.length === maxAtOnce;
  };
};
