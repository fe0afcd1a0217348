import { Prisma } from '@taar/db';

/** Whether `viewer` and the person `u` are, or were, in one chat. */
export const sharesChat = (viewer: string) => Prisma.sql`EXISTS (
  SELECT FROM chat_members mine JOIN chat_members theirs ON theirs.chat_id = mine.chat_id
  WHERE mine.user_id = ${viewer}::uuid AND theirs.user_id = person.id)`;

export const hasContact = (owner: Prisma.Sql, other: Prisma.Sql) => Prisma.sql`EXISTS (
  SELECT FROM contacts known WHERE known.owner_id = ${owner} AND known.user_id = ${other})`;

/** The account of `u` is in use: neither left nor suspended. */
export const isActive = Prisma.sql`NOT EXISTS (SELECT FROM user_state s
  WHERE s.user_id = person.id AND (s.deleted_at IS NOT NULL OR s.suspended_at IS NOT NULL))`;

/**
 * Whether `viewer` may know of the account `u` at all, who then sees of it what its settings
 * allow: they know one another, or whoever has the number finds it anyway.
 */
export const accountVisibleTo = (viewer: string) => {
  const me = Prisma.sql`${viewer}::uuid`;
  const them = Prisma.sql`person.id`;
  return Prisma.sql`(person.id = ${me} OR (${isActive} AND (coalesce(settings.discoverable, true)
    OR ${hasContact(me, them)} OR ${hasContact(them, me)} OR ${sharesChat(viewer)})))`;
};
