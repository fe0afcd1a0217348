import type { Input, Output, statusRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { type PersonRow, personAsSeen, toUserSummary } from '@taar/domain/people';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import type { Deps } from './deps.ts';
import { type StatusRow, isLive, isVisible, statusColumns, toStatus } from './queries.ts';

type Listing = Output<typeof statusRest.listStatus>;
type Group = Listing['items'][number];
type Row = StatusRow & {
  person: PersonRow;
  muted: boolean;
  all_viewed: boolean;
  latest_at: Date;
};

/** People in the order shown, cut before anything else is read; then their statuses. */
const theirs = (me: string, cursor: string | undefined, limit: number) => {
  const after =
    cursor === undefined
      ? null
      : fromCursor(['status'], cursor, ['number', 'number', 'time', 'uuid']);
  return Prisma.sql`
    WITH seen AS MATERIALIZED (
      SELECT s.id, s.user_id, s.created_at, EXISTS (SELECT FROM status_views v
        WHERE v.status_id = s.id AND v.viewer_id = ${me}::uuid) AS viewed
      FROM status_audience a JOIN statuses s ON s.id = a.status_id
      WHERE a.viewer_id = ${me}::uuid AND a.expires_at > clock_timestamp() AND ${isVisible(me)}
    ), people AS (
      SELECT seen.user_id, bool_and(viewed) AS all_viewed, max(created_at) AS latest_at,
        EXISTS (SELECT FROM status_mutes t WHERE t.user_id = ${me}::uuid AND t.muted_id = seen.user_id)
          AS muted
      FROM seen GROUP BY seen.user_id
    ), page AS (
      SELECT * FROM people
      ${
        after
          ? Prisma.sql`WHERE muted::int > ${after[0]} OR muted::int = ${after[0]} AND
            (all_viewed::int > ${after[1]} OR all_viewed::int = ${after[1]} AND
              (latest_at, user_id) < (${after[2]}::timestamptz, ${after[3]}::uuid))`
          : Prisma.empty
      }
      ORDER BY muted, all_viewed, latest_at DESC, user_id DESC LIMIT ${limit + 1}::int
    )
    SELECT ${statusColumns(me)}, page.muted, page.all_viewed, page.latest_at,
      ${personAsSeen(me)} AS person
    FROM page JOIN seen ON seen.user_id = page.user_id JOIN statuses s ON s.id = seen.id
    JOIN users person ON person.id = s.user_id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    ORDER BY page.muted, page.all_viewed, page.latest_at DESC, page.user_id DESC, s.created_at, s.id`;
};

const mine = (me: string) => Prisma.sql`SELECT ${statusColumns(me)} FROM statuses s
  WHERE s.user_id = ${me}::uuid AND ${isLive} ORDER BY s.created_at, s.id`;

const toGroups = (rows: Row[]): Group[] => {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const group = groups.get(row.user_id) ?? {
      user: toUserSummary(row.person),
      statuses: [],
      allViewed: row.all_viewed,
      muted: row.muted,
      latestAt: row.latest_at.toISOString(),
    };
    group.statuses.push(toStatus(row));
    groups.set(row.user_id, group);
  }
  return [...groups.values()];
};

const keyOf = ({ muted, allViewed, latestAt, user }: Group) => [
  Number(muted),
  Number(allViewed),
  latestAt,
  user.id,
];

export const listStatus = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { cursor, limit = defaultLimit }: Input<typeof statusRest.listStatus>,
): Promise<Listing> => {
  const [own, rows] = await Promise.all([
    db.$queryRaw<StatusRow[]>`${mine(userId)}`,
    db.$queryRaw<Row[]>`${theirs(userId, cursor, limit)}`,
  ]);
  const { page, nextCursor } = cutPage(toGroups(rows), { filters: ['status'], limit }, keyOf);
  return { mine: own.map(toStatus), items: page, nextCursor };
};
