import type { Contact, Input, Output, userRest } from '@taar/contracts';
import type { UserDb } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import type { Deps } from '../deps.ts';
import { type ContactRow, findContacts, selectContacts, toContact } from './queries.ts';

type ListContacts = typeof userRest.listContacts;
type Page = { items: Contact[]; removed: string[]; nextCursor: string | null; ver: number };
type Query = { ownerId: string; ver: number; limit: number; cursor: string | undefined };
type Change = { ver: bigint; id: string; removed: boolean };

/**
 * Without `updatedAfterVer` every entry by name, with it the changes after that version. `ver` of
 * all pages is the version before the first page was read, from which the client asks next.
 */
export const listContacts = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { updatedAfterVer, limit = defaultLimit, cursor }: Input<ListContacts>,
): Promise<Output<ListContacts>> => {
  const query = { ownerId: userId, ver: await versionOf(db, userId), limit, cursor };
  return updatedAfterVer === undefined
    ? pageByName(db, query)
    : pageOfChanges(db, updatedAfterVer, query);
};

const versionOf = async (db: UserDb, userId: string) => {
  const state = await db.userState.findUnique({ where: { userId } });
  return Number(state?.userVer ?? 0);
};

const pageByName = async (db: UserDb, { ownerId, ver, limit, cursor }: Query): Promise<Page> => {
  const filters = 'name';
  const [name, id, firstVer] =
    cursor === undefined
      ? ['', null, ver]
      : fromCursor(filters, cursor, ['text', 'uuid', 'number']);
  const rows = await db.$queryRaw<ContactRow[]>`${selectContacts(ownerId)}
    WHERE entry.owner_id = ${ownerId}::uuid
      AND (${id === null} OR (entry.name, entry.id) > (${name}::text, ${id}::uuid))
    ORDER BY entry.name, entry.id
    LIMIT ${limit + 1}`;
  const { page, nextCursor } = cutPage(rows, { filters, limit }, (row) => [
    row.name,
    row.id,
    firstVer,
  ]);
  return { items: page.map((row) => toContact(row)), removed: [], nextCursor, ver: firstVer };
};

const pageOfChanges = async (
  db: UserDb,
  after: number,
  { ownerId, ver, limit, cursor }: Query,
): Promise<Page> => {
  const filters = `after ${after}`;
  const [from, id, firstVer] =
    cursor === undefined
      ? [after, null, ver]
      : fromCursor(filters, cursor, ['number', 'uuid', 'number']);
  const rows = await db.$queryRaw<Change[]>`
    SELECT ver, id, removed
    FROM (
      SELECT user_ver AS ver, id, false AS removed
      FROM contacts
      WHERE owner_id = ${ownerId}::uuid AND user_ver >= ${from}
      UNION ALL
      SELECT user_ver, ref::uuid, true
      FROM user_removals
      WHERE user_id = ${ownerId}::uuid AND kind = 'contact' AND user_ver >= ${from}
    ) AS change
    WHERE ver > ${after}
      AND (${id === null} OR (ver, id) > (${from}::bigint, ${id}::uuid))
    ORDER BY ver, id
    LIMIT ${limit + 1}`;
  const { page, nextCursor } = cutPage(rows, { filters, limit }, (row) => [
    Number(row.ver),
    row.id,
    firstVer,
  ]);
  const updatedIds = page.filter(({ removed }) => !removed).map((change) => change.id);
  const contacts = await findContacts(db, ownerId, updatedIds);
  return {
    items: updatedIds.flatMap((key) => contacts.get(key) ?? []).map((row) => toContact(row)),
    removed: page.filter(({ removed }) => removed).map((change) => change.id),
    nextCursor,
    ver: firstVer,
  };
};
