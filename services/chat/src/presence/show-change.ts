import type { ChatDb } from '@taar/db';
import type { Job } from '@taar/runtime/outbox/job';
import { topics } from '@taar/runtime/topics';
import type { Redis } from 'ioredis';
import type { Emit } from '../core/emit.ts';
import { listWatchers, emitLastSeen } from './watchers.ts';

const onceInSeconds = 60;

type Needs = { emit: Emit; db: ChatDb; redis: Redis; prefix: string };

/** One that waits already speaks for this one too. */
const postpone = ({ db }: Needs, { key }: Job) => db.$executeRaw`
  INSERT INTO outbox (topic, key, available_at)
  SELECT ${topics.showLastSeen}, ${key}::uuid, now() + ${onceInSeconds} * interval '1 s'
  WHERE NOT EXISTS (SELECT FROM outbox WHERE topic = ${topics.showLastSeen} AND key = ${key}::uuid
    AND done_at IS NULL AND dead_at IS NULL AND available_at > now())`;

/**
 * Tells those who watch somebody what they may see of their last seen now, once a minute at most.
 */
export const showChange = async (deps: Needs, job: Job): Promise<void> => {
  const { db, emit, redis, prefix } = deps;
  const turn = `${prefix}:presence:shown:${job.key}`;
  const isMyTurn = await redis.set(turn, '', 'EX', onceInSeconds, 'NX').catch(() => 'OK');
  if (isMyTurn === null) {
    await postpone(deps, job);
    return;
  }
  const watchers = await listWatchers(db, [job.key], { hiddenToo: true });
  const [knowing, others] = [true, false].map((may) =>
    watchers.filter(({ online }) => (online !== null) === may),
  );
  emitLastSeen(emit, 'last_seen_update', job.key, knowing!);
  emitLastSeen(emit, 'user_offline', job.key, others!);
};
