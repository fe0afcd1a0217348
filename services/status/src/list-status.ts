import type { Input, Output, statusRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { type PersonRow, personAsSeen, toUserSummary } from '@taar/domain/people';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import type { Deps } from './deps.ts';
import {
  type StatusRow,
  isLive,
  isViewedBy,
  isVisible,
  statusColumns,
  toStatus,
} from './queries.ts';

type Listing = Output<typeof statusRest.listStatus>;
type Group = Listing['items'][number];
type Row = StatusRow & { person: PersonRow; muted: boolean; allViewed: boolean; latestAt: Date };

/** The caller's statuses, and a page of owners with the statuses that the caller may see. */
export const listStatus = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { cursor, limit = defaultLimit }: Input<typeof statusRest.listStatus>,
): Promise<Listing> => {
  const [own, rows] = await Promise.all([
    db.$queryRaw<StatusRow[]>`${selectOwn(userId)}`,
    db.$queryRaw<Row[]>`${selectOfOthers(userId, cursor, limit)}`,
  ]);
  const { page, nextCursor } = cutPage(toGroups(rows), { filters: ['status'], limit }, keyOf);
  return { mine: own.map(toStatus), items: page, nextCursor };
};

const selectOwn = (userId: string) => Prisma.sql`
  SELECT ${statusColumns(userId)}
  FROM statuses status
  WHERE status.user_id = ${userId}::uuid
    AND ${isLive}
  ORDER BY status.created_at, status.id`;

/** Orders owners: muted last, all viewed after new, then the latest first. Cuts the page early. */
const selectOfOthers = (viewer: string, cursor: string | undefined, limit: number) => Prisma.sql`
  WITH visible AS MATERIALIZED (
    SELECT
      status.id,
      status.user_id,
      status.created_at,
      ${isViewedBy(viewer)} AS viewed
    FROM status_audience audience
    JOIN statuses status ON status.id = audience.status_id
    WHERE audience.viewer_id = ${viewer}::uuid
      AND audience.expires_at > clock_timestamp()
      AND ${isVisible(viewer)}
  ), owner AS (
    SELECT
      visible.user_id AS id,
      bool_and(visible.viewed) AS all_viewed,
      max(visible.created_at) AS latest_at,
      EXISTS (
        SELECT FROM status_mutes mute
        WHERE mute.user_id = ${viewer}::uuid
          AND mute.muted_id = visible.user_id
      ) AS muted
    FROM visible
    GROUP BY visible.user_id
  ), page AS (
    SELECT owner.id, owner.all_viewed, owner.latest_at, owner.muted
    FROM owner
    WHERE ${isAfterCursor(cursor)}
    ORDER BY owner.muted, owner.all_viewed, owner.latest_at DESC, owner.id DESC
    LIMIT ${limit + 1}::int
  )
  SELECT
    ${statusColumns(viewer)},
    page.muted,
    page.all_viewed AS "allViewed",
    page.latest_at AS "latestAt",
    ${personAsSeen(viewer)} AS person
  FROM page
  JOIN visible ON visible.user_id = page.id
  JOIN statuses status ON status.id = visible.id
  JOIN users person ON person.id = page.id
  LEFT JOIN user_settings settings ON settings.user_id = person.id
  ORDER BY page.muted, page.all_viewed, page.latest_at DESC, page.id DESC,
    status.created_at, status.id`;

/** Expects aliases: owner. */
const isAfterCursor = (cursor: string | undefined) => {
  if (cursor === undefined) return Prisma.sql`true`;
  const shape = ['number', 'number', 'time', 'uuid'] as const;
  const [muted, allViewed, latestAt, id] = fromCursor(['status'], cursor, shape);
  return Prisma.sql`(
    owner.muted::int > ${muted}
    OR (owner.muted::int = ${muted} AND owner.all_viewed::int > ${allViewed})
    OR (owner.muted::int = ${muted} AND owner.all_viewed::int = ${allViewed}
      AND (owner.latest_at, owner.id) < (${latestAt}::timestamptz, ${id}::uuid)))`;
};

const toGroups = (rows: Row[]): Group[] => {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const group = groups.get(row.userId) ?? {
      user: toUserSummary(row.person),
      statuses: [],
      allViewed: row.allViewed,
      muted: row.muted,
      latestAt: row.latestAt.toISOString(),
    };
    group.statuses.push(toStatus(row));
    groups.set(row.userId, group);
  }
  return [...groups.values()];
};

const keyOf = ({ muted, allViewed, latestAt, user }: Group) => [
  Number(muted),
  Number(allViewed),
  latestAt,
  user.id,
];
