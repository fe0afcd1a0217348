import type { Contact, Presence } from '@taar/contracts';
import { Prisma, type UserDb } from '@taar/db';
import { type PersonRow, personAsSeen, presenceAsSeen, toUserSummary } from '@taar/domain/people';

export type ContactRow = {
  id: string;
  ownerId: string;
  phoneHash: string;
  name: string;
  favorite: boolean;
  updatedAt: Date;
  person: PersonRow | null;
  presence: Presence | null;
  blocked: boolean;
};

/**
 * Address book entries as their owner sees them. Callers add WHERE, with the alias entry.
 * `owner` is an id or SQL that yields it.
 */
export const selectContacts = (owner: string | Prisma.Sql) => Prisma.sql`
  SELECT entry.id, entry.owner_id AS "ownerId", encode(entry.phone_hash, 'hex') AS "phoneHash",
    entry.name, entry.favorite, entry.updated_at AS "updatedAt",
    CASE WHEN person.id IS NOT NULL THEN ${personAsSeen(owner)} END AS person,
    CASE WHEN person.id IS NOT NULL THEN ${presenceAsSeen(owner)} END AS presence,
    EXISTS (SELECT FROM blocks block
      WHERE block.blocker_id = entry.owner_id
        AND block.blocked_id = entry.user_id) AS blocked
  FROM contacts entry
  LEFT JOIN users person ON person.id = entry.user_id
    AND NOT ${isDeleted(Prisma.sql`entry.user_id`)}
  LEFT JOIN user_settings settings ON settings.user_id = person.id`;

/** Whether an account is deleted, also while the deletion can be undone. `userId` is SQL. */
export const isDeleted = (userId: Prisma.Sql) => Prisma.sql`EXISTS (
  SELECT FROM user_state state
  WHERE state.user_id = ${userId} AND state.deleted_at IS NOT NULL)`;

/** Row to wire. The number of an entry without an account is known only from the request. */
export const toContact = (row: ContactRow, phoneNumber: string | null = null): Contact => {
  const user = row.person && toUserSummary(row.person);
  return {
    id: row.id,
    user,
    contactName: row.name,
    phoneNumber: user?.phoneNumber ?? phoneNumber,
    registered: user !== null,
    presence: row.presence ?? { online: null, lastSeen: null },
    favorite: row.favorite,
    blocked: row.blocked,
    updatedAt: row.updatedAt.toISOString(),
  };
};

/** Entries of the owner by id; unknown ids are left out. */
export const findContacts = async (
  db: Pick<UserDb, '$queryRaw'>,
  ownerId: string,
  ids: string[],
): Promise<Map<string, ContactRow>> => {
  const rows = await db.$queryRaw<ContactRow[]>`${selectContacts(ownerId)}
    WHERE entry.owner_id = ${ownerId}::uuid AND entry.id = ANY(${ids}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row]));
};
