import { Prisma } from '@taar/db';
import { hasContact } from '@taar/domain/people';

/**
 * Whether the viewer may know that an account exists: it can be found by its number, or the two are
 * or were connected. Expects aliases: person (users), settings (user_settings, may be null).
 */
export const accountVisibleTo = (viewerId: string) => {
  const viewer = Prisma.sql`${viewerId}::uuid`;
  const person = Prisma.sql`person.id`;
  return Prisma.sql`(${person} = ${viewer} OR (${isActiveAccount} AND (
    coalesce(settings.discoverable, true)
    OR ${hasContact(viewer, person)}
    OR ${hasContact(person, viewer)}
    OR ${sharesChat(viewer)})))`;
};

/** The account is neither deleted nor suspended. Expects aliases: person (users). */
export const isActiveAccount = Prisma.sql`NOT EXISTS (
  SELECT FROM user_state state
  WHERE state.user_id = person.id
    AND (state.deleted_at IS NOT NULL OR state.suspended_at IS NOT NULL))`;

/** Whether both are members or former members of one chat. Expects aliases: person (users). */
const sharesChat = (viewer: Prisma.Sql) => Prisma.sql`EXISTS (
  SELECT FROM chat_members own
  JOIN chat_members member ON member.chat_id = own.chat_id
  WHERE own.user_id = ${viewer} AND member.user_id = person.id)`;
