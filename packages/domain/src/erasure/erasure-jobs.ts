import type { PrismaClient, Service } from '@taar/db';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import type { Job } from '@taar/runtime/outbox/job';
import type { JobHandler, JobHandlers } from '@taar/runtime/outbox/worker';
import { topics } from '@taar/runtime/topics';
import { type Report, eraseRows } from './erase-rows.ts';

type Db = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** The payload that each service passes to the next one. */
export type Erasure = { deleteMessages: boolean; report: Report };

/** The services erase one after another; media last, when nothing refers to a file any more. */
const order: Service[] = ['user', 'auth', 'status', 'chat', 'media'];
const topicOf = (service: Service) => `erase_${service}`;

/** Work that a service does for an erasure before it erases its rows. */
type Step = (userId: string, erasure: Erasure) => Promise<Report>;

/** Handler of the job in which a service erases a user from the tables that it owns. */
export const erasureHandlers = (
  db: Db,
  service: Service,
  step: Step = async () => ({}),
): JobHandlers => ({
  [topicOf(service)]: untilErased(db, async ({ key, payload }) => {
    const erasure = payload as Erasure;
    const report = {
      ...erasure.report,
      ...(await step(key, erasure)),
      ...(await eraseRows(db, service, key)),
    };
    await enqueueNextErasure(db, service, key, { ...erasure, report });
  }),
});

/** Passes an erasure on to the next service, or back to user when every service has erased. */
export const enqueueNextErasure = (
  db: Pick<Db, '$executeRaw'>,
  service: Service,
  userId: string,
  erasure: Erasure,
) => {
  const next = order[order.indexOf(service) + 1];
  const topic = next ? topicOf(next) : topics.userErased;
  return enqueue(db, { topic, key: userId, payload: erasure });
};

const retryAfterSeconds = 6 * 60 * 60;

/**
 * An erasure is owed to the user: a step that became a dead letter starts again some hours later,
 * until it succeeds. Operators learn of it from the dead letter.
 */
export const untilErased = (db: Db, handle: (job: Job) => Promise<void>): JobHandler => ({
  handle,
  onDeadLetter: async ({ topic, key, payload }) => {
    await enqueue(db, {
      topic,
      key,
      payload: payload as Erasure,
      afterSeconds: retryAfterSeconds,
    });
  },
});
