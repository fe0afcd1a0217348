import type { UserSummary } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { exceptionFields } from './privacy.ts';

/** Fields of a person that an audience guards, and where its choice is stored. */
const guarded = {
  lastSeen: 'last_seen_audience',
  avatar: 'avatar_audience',
  about: 'about_audience',
  addToGroups: 'groups_audience',
} as const;
export type GuardedField = keyof typeof guarded;

/** An id, or SQL that yields one. */
type Viewer = string | Prisma.Sql;

export const blockedEitherWay = (viewer: Viewer) => Prisma.sql`EXISTS (
  SELECT FROM blocks b WHERE (b.blocker_id = u.id AND b.blocked_id = ${viewer}::uuid)
    OR (b.blocker_id = ${viewer}::uuid AND b.blocked_id = u.id))`;

/**
 * Whether `viewer` may have a guarded field of the person `u`, as SQL over `users u` and their
 * `user_settings us`. Nobody has a field across a block.
 */
export const maySee = (viewer: Viewer, field: GuardedField) => {
  const audience = Prisma.raw(`coalesce(us.${guarded[field]}, 'everyone')`);
  return Prisma.sql`(u.id = ${viewer}::uuid OR (NOT ${blockedEitherWay(viewer)} AND CASE ${audience}
    WHEN 'everyone' THEN true WHEN 'nobody' THEN false ELSE EXISTS (
      SELECT FROM contacts k WHERE k.owner_id = u.id AND k.user_id = ${viewer}::uuid
    ) AND (${audience} = 'contacts' OR NOT EXISTS (
      SELECT FROM privacy_exceptions x WHERE x.user_id = u.id AND x.field = ${exceptionFields[field]}
        AND x.other_id = ${viewer}::uuid)) END))`;
};

// Who hides their own last seen does not see that of others.
const hidesOwn = (viewer: Viewer) => Prisma.sql`EXISTS (SELECT FROM user_settings o
  WHERE o.user_id = ${viewer}::uuid AND o.last_seen_audience = 'nobody')`;

/**
 * The person `u` as `viewer` may see them, as a JSON object; needs `user_settings us` joined. An
 * account whose owner left has no number any more.
 */
export const personAsSeen = (viewer: Viewer) => Prisma.sql`jsonb_build_object(
  'id', u.id, 'name', u.name,
  'avatarUrl', CASE WHEN ${maySee(viewer, 'avatar')} THEN u.avatar_url END,
  'about', CASE WHEN ${maySee(viewer, 'about')} THEN u.about END,
  'phoneNumber', CASE WHEN (u.id = ${viewer}::uuid OR EXISTS (SELECT FROM contacts k
    WHERE k.owner_id = ${viewer}::uuid AND k.user_id = u.id))
    AND u.phone_number LIKE '+%' THEN u.phone_number END)`;

/** Presence of `u` for `viewer`, as a JSON object of nulls where it is hidden. */
export const presenceAsSeen = (viewer: Viewer) => Prisma.sql`(
  SELECT jsonb_build_object(
    'online', CASE WHEN seen.blocked THEN NULL WHEN coalesce(us.online_audience, 'everyone') = 'everyone'
      OR seen.last THEN u.is_online END,
    'lastSeen', CASE WHEN seen.last THEN to_char(u.last_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END)
  FROM (SELECT ${maySee(viewer, 'lastSeen')} AND NOT ${hidesOwn(viewer)} AS last,
    ${blockedEitherWay(viewer)} AS blocked) seen)`;

export type PersonRow = Omit<UserSummary, 'phoneNumber'> & { phoneNumber: string | null };
/** Row to wire: a number that may not be seen is not there at all. */
export const toUserSummary = ({ phoneNumber, ...person }: PersonRow): UserSummary => ({
  ...person,
  ...(phoneNumber !== null && { phoneNumber }),
});
