import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import type { Emit } from '../core/emit.ts';
import { userRoom } from '../core/room-names.ts';
import type { Leases } from './leases.ts';
import { listWatchers, emitLastSeen } from './watchers.ts';

/** Somebody came online, or went offline at a moment that may lie back. */
export type PresenceChange = { userId: string; online: boolean; at: Date };

type Needs = {
  emit: Emit;
  db: ChatDb;
  logger: Logger;
  leases: Pick<Leases, 'online'>;
  gatherMs: number;
};

/** Stores what is news, in the order of ids so that two nodes do not lock across. */
const store = async (db: ChatDb, changes: PresenceChange[]): Promise<Set<string>> => {
  const changed = await db.$queryRaw<{ id: string }[]>`
    WITH change AS (
      SELECT u.id, e.online, e.at FROM unnest(${changes.map((change) => change.userId)}::uuid[],
        ${changes.map((change) => change.online)}::boolean[], ${changes.map((change) => change.at)}::timestamptz[]
      ) AS e(id, online, at) JOIN users u ON u.id = e.id
      WHERE u.is_online <> e.online ORDER BY u.id FOR NO KEY UPDATE OF u
    )
    UPDATE users u SET is_online = change.online,
      last_seen = CASE WHEN change.online THEN u.last_seen ELSE greatest(u.last_seen, change.at) END
    FROM change WHERE u.id = change.id RETURNING u.id`;
  return new Set(changed.map(({ id }) => id));
};

/**
 * Writes who came and went to the database in batches, and tells those who may know. What the
 * database says already is told to nobody, so a Redis that was emptied makes no noise.
 */
export const createPresenceChanges = ({ emit, db, logger, leases, gatherMs }: Needs) => {
  let gathered = new Map<string, PresenceChange>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const tell = async (changes: PresenceChange[]) => {
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

  /** Whoever came back on another node meanwhile did not go. */
  const stillTrue = async (changes: PresenceChange[]) => {
    const gone = changes.filter(({ online }) => !online).map(({ userId }) => userId);
    const back = await leases.online(gone);
    return changes.filter(({ online, userId }) => online || !back.has(userId));
  };

  const flush = async () => {
    const noted = [...gathered.values()];
    gathered = new Map();
    timer = undefined;
    try {
      const changes = await stillTrue(noted);
      const changed = await store(db, changes);
      const news = changes.filter(({ userId }) => changed.has(userId));
      if (news.length > 0) await tell(news);
    } catch (error) {
      // Left to the next comparison of Redis with the database.
      logger.warn('presence was not stored', { error });
    }
  };

  return {
    record: (change: PresenceChange) => {
      gathered.set(change.userId, change);
      timer ??= setTimeout(() => {
        running = running.then(flush);
      }, gatherMs);
    },
    /** Lets what is under way end. */
    stop: async () => {
      clearTimeout(timer);
      await running;
    },
  };
};
export type PresenceChanges = ReturnType<typeof createPresenceChanges>;
