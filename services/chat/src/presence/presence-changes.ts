import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import type { Server } from 'socket.io';
import { userRoom } from '../delivery/rooms.ts';
import type { Leases } from './leases.ts';
import { listWatchers, tellLastSeen } from './watchers.ts';

/** Somebody came online, or went offline at a moment that may lie back. */
export type Edge = { userId: string; online: boolean; at: Date };

type Needs = {
  io: Server;
  db: ChatDb;
  logger: Logger;
  leases: Pick<Leases, 'online'>;
  gatherMs: number;
};

/** Stores what is news, in the order of ids so that two nodes do not lock across. */
const store = async (db: ChatDb, edges: Edge[]): Promise<Set<string>> => {
  const changed = await db.$queryRaw<{ id: string }[]>`
    WITH edge AS (
      SELECT u.id, e.online, e.at FROM unnest(${edges.map((edge) => edge.userId)}::uuid[],
        ${edges.map((edge) => edge.online)}::boolean[], ${edges.map((edge) => edge.at)}::timestamptz[]
      ) AS e(id, online, at) JOIN users u ON u.id = e.id
      WHERE u.is_online <> e.online ORDER BY u.id FOR NO KEY UPDATE OF u
    )
    UPDATE users u SET is_online = edge.online,
      last_seen = CASE WHEN edge.online THEN u.last_seen ELSE greatest(u.last_seen, edge.at) END
    FROM edge WHERE u.id = edge.id RETURNING u.id`;
  return new Set(changed.map(({ id }) => id));
};

/**
 * Writes who came and went to the database in batches, and tells those who may know. What the
 * database says already is told to nobody, so a Redis that was emptied makes no noise.
 */
export const createEdges = ({ io, db, logger, leases, gatherMs }: Needs) => {
  let gathered = new Map<string, Edge>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const tell = async (edges: Edge[]) => {
    const ids = edges.map(({ userId }) => userId);
    const watchers = await listWatchers(db, ids);
    for (const { userId, online, at } of edges) {
      const own = watchers.filter((watcher) => watcher.userId === userId);
      if (!online) tellLastSeen(io, 'user_offline', userId, own);
      else if (own.length > 0)
        io.to(own.map(({ watcherId }) => userRoom(watcherId))).emit('user_online', {
          userId,
          at: at.toISOString(),
        });
    }
  };

  /** Whoever came back on another node meanwhile did not go. */
  const stillTrue = async (edges: Edge[]) => {
    const gone = edges.filter(({ online }) => !online).map(({ userId }) => userId);
    const back = await leases.online(gone);
    return edges.filter(({ online, userId }) => online || !back.has(userId));
  };

  const flush = async () => {
    const noted = [...gathered.values()];
    gathered = new Map();
    timer = undefined;
    try {
      const edges = await stillTrue(noted);
      const changed = await store(db, edges);
      const news = edges.filter(({ userId }) => changed.has(userId));
      if (news.length > 0) await tell(news);
    } catch (error) {
      // Left to the next comparison of Redis with the database.
      logger.warn('presence was not stored', { error });
    }
  };

  return {
    note: (edge: Edge) => {
      gathered.set(edge.userId, edge);
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
export type Edges = ReturnType<typeof createEdges>;
