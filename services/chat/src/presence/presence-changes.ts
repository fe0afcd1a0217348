import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import type { Emit } from '../core/emit.ts';
import { userRoom } from '../core/room-names.ts';
import type { Leases } from './leases.ts';
import { listWatchers, emitLastSeen } from './watchers.ts';

/** A user came online, or went offline; `at` may lie in the past. */
export type PresenceChange = { userId: string; online: boolean; at: Date };

type Needs = {
  emit: Emit;
  db: ChatDb;
  logger: Logger;
  leases: Pick<Leases, 'online'>;
  gatherMs: number;
};

/**
 * Stores presence changes in batches and emits them to the watchers. A change that the database has
 * already is not emitted, so an emptied Redis causes no events.
 */
export const createPresenceChanges = ({ emit, db, logger, leases, gatherMs }: Needs) => {
  let gathered = new Map<string, PresenceChange>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const emitChanges = async (changes: PresenceChange[]) => {
    const ids = changes.map(({ userId }) => userId);
    const watchers = await listWatchers(db, ids);
    for (const { userId, online, at } of changes) {
      const own = watchers.filter((watcher) => watcher.userId === userId);
      if (!online) emitLastSeen(emit, 'user_offline', userId, own);
      else if (own.length > 0)
        emit(
          'user_online',
          { rooms: own.map(({ watcherId }) => userRoom(watcherId)) },
          { userId, at: at.toISOString() },
        );
    }
  };

  /** Drops the ends of users who came online on another node since. */
  const dropOutdated = async (changes: PresenceChange[]) => {
    const gone = changes.filter(({ online }) => !online).map(({ userId }) => userId);
    const back = await leases.online(gone);
    return changes.filter(({ online, userId }) => online || !back.has(userId));
  };

  const flush = async () => {
    const recorded = [...gathered.values()];
    gathered = new Map();
    timer = undefined;
    try {
      const changes = await dropOutdated(recorded);
      const changed = await store(db, changes);
      const stored = changes.filter(({ userId }) => changed.has(userId));
      if (stored.length > 0) await emitChanges(stored);
    } catch (error) {
      // The next comparison of Redis with the database finds these changes.
      logger.warn('Presence could not be stored.', { error });
    }
  };

  return {
    record: (change: PresenceChange) => {
      gathered.set(change.userId, change);
      timer ??= setTimeout(() => {
        running = running.then(flush);
      }, gatherMs);
    },
    /** Resolves when the batch in progress is stored. */
    stop: async () => {
      clearTimeout(timer);
      await running;
    },
  };
};
export type PresenceChanges = ReturnType<typeof createPresenceChanges>;

/** Stores the changes that differ from the database; returns the users of these. */
const store = async (db: ChatDb, changes: PresenceChange[]): Promise<Set<string>> => {
  const changed = await db.$queryRaw<{ id: string }[]>`
    WITH change AS (
      SELECT person.id, recorded.online, recorded.at
      FROM unnest(
        ${changes.map((change) => change.userId)}::uuid[],
        ${changes.map((change) => change.online)}::boolean[],
        ${changes.map((change) => change.at)}::timestamptz[]
      ) AS recorded (id, online, at)
      JOIN users person ON person.id = recorded.id
      WHERE person.is_online <> recorded.online
      -- In the order of ids, so that two nodes cannot deadlock.
      ORDER BY person.id
      FOR NO KEY UPDATE OF person
    )
    UPDATE users person
    SET is_online = change.online,
      last_seen = CASE
        WHEN change.online THEN person.last_seen
        ELSE greatest(person.last_seen, change.at)
      END
    FROM change
    WHERE person.id = change.id
    RETURNING person.id`;
  return new Set(changed.map(({ id }) => id));
};
