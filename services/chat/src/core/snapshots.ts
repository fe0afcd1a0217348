import { Prisma } from '@taar/db';

/** The number of the change by which the former member `me` was out. */
export const exitOf = Prisma.sql`(SELECT x.change_seq FROM messages x
  WHERE x.chat_id = me.chat_id AND x.seq = me.left_seq)`;

/** What a message was when the former member `me` left, where it has changed since. */
export const asLeft = (message: 'm' | 'r' = 'm') => Prisma.sql`(
  SELECT v.state FROM message_versions v
  WHERE me.left_at IS NOT NULL AND v.message_id = ${Prisma.raw(message)}.id AND v.until_seq > ${exitOf}
  ORDER BY v.until_seq LIMIT 1)`;

/** What it says to `me`. */
export const contentFor = (message: 'm' | 'r' = 'm') => Prisma.sql`(
  SELECT CASE WHEN kept.state IS NULL THEN ${Prisma.raw(message)}.content ELSE kept.state->>'content' END
  FROM (SELECT ${asLeft(message)} AS state) kept)`;

/** The number of its last change that `me` was there for, or that took it from them. */
export const changeFor = Prisma.sql`coalesce((${asLeft()}->>'change_seq')::bigint, m.change_seq)`;
