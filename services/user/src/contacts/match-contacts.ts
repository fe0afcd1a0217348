import { Prisma, type ServiceTx } from '@taar/db';
import { blockBetween, hasContact } from '@taar/domain/people';
import { bumpUserVersions } from '@taar/domain/user-version';
import type { Deps } from '../deps.ts';
import { type ContactRow, isDeleted, selectContacts, toContact } from './queries.ts';

type Tx = ServiceTx<'user'>;
type Match = { id: string; ownerId: string };
type Candidate = { userId: string; hash: string; discoverable: boolean };

/**
 * Links a user to the address book entries with their number and informs the owners. Runs when the
 * user signed up, became discoverable, or added contacts while not discoverable.
 */
export const matchContacts = async (
  deps: Pick<Deps, 'db' | 'publish' | 'hashNumber'>,
  userId: string,
) => {
  const user = await deps.db.user.findUnique({
    where: { id: userId },
    include: { settings: true, state: true },
  });
  if (!user || user.state?.deletedAt) return;
  const candidate = {
    userId,
    hash: deps.hashNumber(user.phoneNumber),
    discoverable: user.settings?.discoverable ?? true,
  };
  const matches = await deps.db.$transaction((tx) => linkEntries(tx, candidate));
  if (matches.length > 0) await announce(deps, matches);
};

/** Leaves entries alone that are linked to another account which is not deleted. */
const linkEntries = async (tx: Tx, { userId, hash, discoverable }: Candidate) => {
  const matches = await tx.$queryRaw<Match[]>`
    UPDATE contacts entry
    SET user_id = ${userId}::uuid
    WHERE entry.phone_hash = decode(${hash}, 'hex')
      AND entry.owner_id <> ${userId}::uuid
      AND (entry.user_id IS NULL OR ${isDeleted(Prisma.sql`entry.user_id`)})
      AND (${discoverable}
        OR ${hasContact(Prisma.sql`${userId}::uuid`, Prisma.sql`entry.owner_id`)})
    RETURNING entry.id, entry.owner_id AS "ownerId"`;
  if (matches.length === 0) return matches;
  const ownerIds = matches.map(({ ownerId }) => ownerId);
  const versions = await bumpUserVersions(tx, ownerIds);
  await tx.$executeRaw`
    UPDATE contacts entry
    SET user_ver = matched.user_ver
    FROM unnest(
      ${matches.map(({ id }) => id)}::uuid[],
      ${ownerIds.map((ownerId) => versions.get(ownerId)!)}::bigint[]
    ) AS matched(id, user_ver)
    WHERE entry.user_id = ${userId}::uuid AND entry.id = matched.id`;
  return matches;
};

/** Each owner receives the contact as they may see it, unless one blocked the other. */
const announce = async ({ db, publish }: Pick<Deps, 'db' | 'publish'>, matches: Match[]) => {
  const owner = Prisma.sql`entry.owner_id`;
  const rows = await db.$queryRaw<ContactRow[]>`${selectContacts(owner)}
    WHERE entry.id = ANY(${matches.map(({ id }) => id)}::uuid[])
      AND entry.owner_id = ANY(${matches.map(({ ownerId }) => ownerId)}::uuid[])
      AND person.id IS NOT NULL
      AND NOT ${blockBetween(Prisma.sql`person.id`, owner)}`;
  for (const row of rows)
    publish('contact_joined', { users: [row.ownerId] }, { contact: toContact(row) });
};
