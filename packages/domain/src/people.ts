import type { UserSummary } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { exceptionFields } from './privacy.ts';

/** Fields of a person that a privacy setting guards, and the column with the setting's audience. */
const audienceColumns = {
  lastSeen: 'last_seen_audience',
  avatar: 'avatar_audience',
  about: 'about_audience',
  addToGroups: 'groups_audience',
} as const;
export type GuardedField = keyof typeof audienceColumns;

/** The id of the user who looks, or SQL that yields it. */
type Viewer = string | Prisma.Sql;

const idOf = (viewer: Viewer) => Prisma.sql`${viewer}::uuid`;
const personId = Prisma.sql`person.id`;

/** Whether one of two users blocked the other. `a` and `b` are SQL of their ids, with a cast. */
export const blockBetween = (a: Prisma.Sql, b: Prisma.Sql) => Prisma.sql`EXISTS (
  SELECT FROM blocks block
  WHERE (block.blocker_id = ${a} AND block.blocked_id = ${b})
    OR (block.blocker_id = ${b} AND block.blocked_id = ${a}))`;

/** Expects aliases: person (users). */
export const blockWith = (viewer: Viewer) => blockBetween(personId, idOf(viewer));

/** Whether `owner` has `other` in the address book. Both are SQL of their ids, with a cast. */
export const hasContact = (owner: Prisma.Sql, other: Prisma.Sql) => Prisma.sql`EXISTS (
  SELECT FROM contacts contact
  WHERE contact.owner_id = ${owner} AND contact.user_id = ${other})`;

const isException = (viewer: Viewer, field: GuardedField) => Prisma.sql`EXISTS (
  SELECT FROM privacy_exceptions exception
  WHERE exception.user_id = ${personId}
    AND exception.field = ${exceptionFields[field]}
    AND exception.other_id = ${idOf(viewer)})`;

/**
 * Whether the viewer belongs to the audience of a person's field. A block on either side hides it.
 * Expects aliases: person (users), settings (user_settings, may be null).
 */
export const maySee = (viewer: Viewer, field: GuardedField) => {
  const audience = Prisma.raw(`coalesce(settings.${audienceColumns[field]}, 'everyone')`);
  return Prisma.sql`(${personId} = ${idOf(viewer)}
    OR (NOT ${blockWith(viewer)} AND CASE ${audience}
      WHEN 'everyone' THEN true
      WHEN 'nobody' THEN false
      ELSE ${hasContact(personId, idOf(viewer))}
        AND (${audience} = 'contacts' OR NOT ${isException(viewer, field)})
    END))`;
};

/** Users who hide their own last seen from everyone cannot see the last seen of others. */
const hidesOwnLastSeen = (viewer: Viewer) => Prisma.sql`EXISTS (
  SELECT FROM user_settings own
  WHERE own.user_id = ${idOf(viewer)} AND own.last_seen_audience = 'nobody')`;

/** Numbers of deleted accounts are replaced by text that does not begin with a plus sign. */
const numberIfVisible = (viewer: Viewer) => Prisma.sql`CASE
  WHEN (${personId} = ${idOf(viewer)} OR ${hasContact(idOf(viewer), personId)})
    AND person.phone_number LIKE '+%'
  THEN person.phone_number
END`;

/**
 * The person as a JSON object with the fields that the viewer may see; the others are null.
 * Expects aliases: person (users), settings (user_settings, may be null).
 */
export const personAsSeen = (viewer: Viewer) => Prisma.sql`jsonb_build_object(
  'id', person.id,
  'name', person.name,
  'avatarUrl', CASE WHEN ${maySee(viewer, 'avatar')} THEN person.avatar_url END,
  'about', CASE WHEN ${maySee(viewer, 'about')} THEN person.about END,
  'phoneNumber', ${numberIfVisible(viewer)})`;

/**
 * The person's presence as a JSON object; what the viewer may not see is null.
 * Expects aliases: person (users), settings (user_settings, may be null).
 */
export const presenceAsSeen = (viewer: Viewer) => Prisma.sql`(
  SELECT jsonb_build_object(
    'online', CASE
      WHEN visible.blocked THEN NULL
      WHEN coalesce(settings.online_audience, 'everyone') = 'everyone' OR visible.last_seen
      THEN person.is_online
    END,
    'lastSeen', CASE
      WHEN visible.last_seen
      THEN to_char(person.last_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    END)
  FROM (
    SELECT ${maySee(viewer, 'lastSeen')} AND NOT ${hidesOwnLastSeen(viewer)} AS last_seen,
      ${blockWith(viewer)} AS blocked
  ) visible)`;

export type PersonRow = Omit<UserSummary, 'phoneNumber'> & { phoneNumber: string | null };

/** Leaves out a number that the viewer may not see. */
export const toUserSummary = ({ phoneNumber, ...person }: PersonRow): UserSummary => ({
  ...person,
  ...(phoneNumber !== null && { phoneNumber }),
});
