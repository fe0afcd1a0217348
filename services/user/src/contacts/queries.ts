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

/** Whether an account, whose id is `id`, is on its way out or gone. */
export const isLeaving = (id: Prisma.Sql) => Prisma.sql`EXISTS (
  SELECT FROM user_state gone WHERE gone.user_id = ${id} AND gone.deleted_at IS NOT NULL)`;

/** Entries of address books as their owners see them; the caller adds what follows FROM. */
export const selectContacts = (owner: string | Prisma.Sql) => Prisma.sql`
  SELECT k.id, k.owner_id AS "ownerId", encode(k.phone_hash, 'hex') AS "phoneHash", k.name,
    k.favorite, k.updated_at AS "updatedAt",
    CASE WHEN person.id IS NOT NULL THEN ${personAsSeen(owner)} END AS person,
    CASE WHEN person.id IS NOT NULL THEN ${presenceAsSeen(owner)} END AS presence,
    EXISTS (SELECT FROM blocks b
      WHERE b.blocker_id = k.owner_id AND b.blocked_id = k.user_id) AS blocked
  FROM contacts k
  LEFT JOIN users person ON person.id = k.user_id AND NOT ${isLeaving(Prisma.sql`k.user_id`)}
  LEFT JOIN user_settings settings ON settings.user_id = person.id`;

/** Row to wire. The number of somebody without an account is known to the caller at most. */
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

/** Of these entries of mine, those that there are, by id. */
export const findContacts = async (
  db: Pick<UserDb, '$queryRaw'>,
  ownerId: string,
  ids: string[],
): Promise<Map<string, ContactRow>> => {
  const rows = await db.$queryRaw<ContactRow[]>`${selectContacts(ownerId)}
    WHERE k.owner_id = ${ownerId}::uuid AND k.id = ANY(${ids}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row]));
};
