import { Prisma, type ServiceTx } from '@taar/db';
import { blockBetween } from '@taar/domain/people';
import { bumpUserVersions } from '@taar/domain/user-version';
import type { Deps } from '../deps.ts';
import { type ContactRow, isLeaving, selectContacts, toContact } from './queries.ts';

type Tx = ServiceTx<'user'>;
type Match = { id: string; ownerId: string };

/** Entries that hold the person's number and are matched with nobody who is still there. */
const match = async (tx: Tx, userId: string, hash: string, discoverable: boolean) => {
  const matches = await tx.$queryRaw<Match[]>`
    UPDATE contacts k SET user_id = ${userId}::uuid
    WHERE k.phone_hash = decode(${hash}, 'hex') AND k.owner_id <> ${userId}::uuid
      AND (k.user_id IS NULL OR ${isLeaving(Prisma.sql`k.user_id`)})
      AND (${discoverable} OR EXISTS (SELECT FROM contacts own
        WHERE own.owner_id = ${userId}::uuid AND own.user_id = k.owner_id))
    RETURNING k.id, k.owner_id AS "ownerId"`;
  if (matches.length === 0) return matches;
  const versions = await bumpUserVersions(
    tx,
    matches.map(({ ownerId }) => ownerId),
  );
  await tx.$executeRaw`
    UPDATE contacts k SET user_ver = t.ver
    FROM unnest(${matches.map(({ id }) => id)}::uuid[],
      ${matches.map(({ ownerId }) => versions.get(ownerId)!)}::bigint[]) AS t(id, ver)
    WHERE k.user_id = ${userId}::uuid AND k.id = t.id`;
  return matches;
};

/** Each owner hears of it as they may see it; nobody across a block. */
const announce = async ({ db, publish }: Pick<Deps, 'db' | 'publish'>, matches: Match[]) => {
  const rows = await db.$queryRaw<ContactRow[]>`${selectContacts(Prisma.sql`k.owner_id`)}
    WHERE k.id = ANY(${matches.map(({ id }) => id)}::uuid[])
      AND k.owner_id = ANY(${matches.map(({ ownerId }) => ownerId)}::uuid[]) AND person.id IS NOT NULL
      AND NOT ${blockBetween(Prisma.sql`person.id`, Prisma.sql`k.owner_id`)}`;
  for (const row of rows)
    publish('contact_joined', { users: [row.ownerId] }, { contact: toContact(row) });
};

/** Once somebody has joined, or may be found from now on: those who have their number learn it. */
export const matchContacts = async (
  deps: Pick<Deps, 'db' | 'publish' | 'hashNumber'>,
  userId: string,
) => {
  const user = await deps.db.user.findUnique({
    where: { id: userId },
    include: { settings: true, state: true },
  });
  if (!user || user.state?.deletedAt) return;
  const hash = deps.hashNumber(user.phoneNumber);
  const discoverable = user.settings?.discoverable ?? true;
  const matches = await deps.db.$transaction((tx) => match(tx, userId, hash, discoverable));
  if (matches.length > 0) await announce(deps, matches);
};
