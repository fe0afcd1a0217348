import type { ChatDb } from '@taar/db';
import type { Job } from '@taar/runtime/outbox/job';
import { topics } from '@taar/runtime/topics';
import type { Redis } from 'ioredis';
import type { Emit } from '../core/emit.ts';
import { type Watcher, emitLastSeen, listWatchers } from './watchers.ts';

const onceInSeconds = 60;

type Needs = { emit: Emit; db: ChatDb; redis: Redis; prefix: string };

/** Emits to each watcher of a user the last seen that is visible now, at most once a minute. */
export const showChange = async (deps: Needs, job: Job): Promise<void> => {
  const { db, emit, redis, prefix } = deps;
  const key = `${prefix}:presence:shown:${job.key}`;
  const wasSet = await redis.set(key, '', 'EX', onceInSeconds, 'NX').catch(() => 'OK');
  if (wasSet === null) {
    await postpone(deps, job);
    return;
  }
  const watchers = await listWatchers(db, [job.key], { hiddenToo: true });
  const seesPresence = ({ online }: Watcher) => online !== null;
  emitLastSeen(emit, 'last_seen_update', job.key, watchers.filter(seesPresence));
  const others = watchers.filter((watcher) => !seesPresence(watcher));
  emitLastSeen(emit, 'user_offline', job.key, others);
};

/** Enqueues the job again, unless one waits already. */
const postpone = ({ db }: Needs, { key }: Job) => db.$executeRaw`
  INSERT INTO outbox (topic, key, available_at)
  SELECT ${topics.showLastSeen}, ${key}::uuid, now() + ${onceInSeconds} * interval '1 s'
  WHERE NOT EXISTS (
    SELECT FROM outbox
    WHERE topic = ${topics.showLastSeen}
      AND key = ${key}::uuid
      AND done_at IS NULL
      AND dead_at IS NULL
      AND available_at > now())`;
