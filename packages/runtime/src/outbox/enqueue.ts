import type { Prisma } from '@taar/db';
import { currentContext } from '@taar/kit/context';
import type { OutboxDb } from './job.ts';

type Tx = Pick<OutboxDb, '$executeRaw'>;
type NewJob = {
  topic: string;
  key: string;
  payload?: Prisma.InputJsonObject;
  afterSeconds?: number;
};

/** Inserts a job. Call in the transaction that causes it: both are stored or neither. */
export const enqueue = (tx: Tx, job: NewJob) => enqueueAll(tx, [job]);

/** Inserts several jobs by one statement. */
export const enqueueAll = (tx: Tx, jobs: NewJob[]) => {
  const topics = jobs.map(({ topic }) => topic);
  const keys = jobs.map(({ key }) => key);
  const payloads = jobs.map(({ payload = {} }) => JSON.stringify(payload));
  const delays = jobs.map(({ afterSeconds = 0 }) => afterSeconds);
  const requestId = currentContext()?.requestId ?? null;
  return tx.$executeRaw`
    INSERT INTO outbox (topic, key, payload, request_id, available_at)
    SELECT topic, key, payload, ${requestId}::uuid, now() + delay * interval '1 s'
    FROM unnest(
      ${topics}::text[],
      ${keys}::uuid[],
      ${payloads}::jsonb[],
      ${delays}::float8[]
    ) AS job (topic, key, payload, delay)`;
};
