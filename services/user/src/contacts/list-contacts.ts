import type { Contact, Input, Output, userRest } from '@taar/contracts';
import type { UserDb } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import type { Deps } from '../deps.ts';
import { type ContactRow, findContacts, selectContacts, toContact } from './queries.ts';

type ListContacts = typeof userRest.listContacts;
type Page = { items: Contact[]; removed: string[]; nextCursor: string | null };
/** The version that the whole list answers for is read before its first page. */
type Query = { ownerId: string; ver: number; limit: number; cursor: string | undefined };

const versionOf = async (db: UserDb, userId: string) => {
  const state = await db.userState.findUnique({ where: { userId } });
  return Number(state?.userVer ?? 0);
};

const pageByName = async (
  db: UserDb,
  { ownerId, ver, limit, cursor }: Query,
): Promise<Page & { ver: number }> => {
  const [name, id, since] =
    cursor === undefined ? ['', null, ver] : fromCursor('name', cursor, ['text', 'uuid', 'number']);
  const rows = await db.$queryRaw<ContactRow[]>`${selectContacts(ownerId)}
    WHERE k.owner_id = ${ownerId}::uuid
      AND (${id === null} OR (k.name, k.id) > (${name}::text, ${id}::uuid))
    ORDER BY k.name, k.id LIMIT ${limit + 1}`;
  const { page, nextCursor } = cutPage(rows, { filters: 'name', limit }, (row) => [
    row.name,
    row.id,
    since,
  ]);
  return {
    items: page.map((row) => toContact(row)),
    removed: [],
    nextCursor,
    ver: since,
  };
};

type Change = { ver: bigint; id: string; removed: boolean };

const pageOfChanges = async (
  db: UserDb,
  after: number,
  { ownerId, ver, limit, cursor }: Query,
): Promise<Page & { ver: number }> => {
  const filters = `after ${after}`;
  const [from, id, since] =
    cursor === undefined
      ? [after, null, ver]
      : fromCursor(filters, cursor, ['number', 'uuid', 'number']);
  const rows = await db.$queryRaw<Change[]>`
    SELECT ver, id, removed FROM (
      SELECT user_ver AS ver, id, false AS removed FROM contacts
      WHERE owner_id = ${ownerId}::uuid AND user_ver >= ${from}
      UNION ALL
      SELECT user_ver, ref::uuid, true FROM user_removals
      WHERE user_id = ${ownerId}::uuid AND kind = 'contact' AND user_ver >= ${from}
    ) AS change
    WHERE ver > ${after} AND (${id === null} OR (ver, id) > (${from}::bigint, ${id}::uuid))
    ORDER BY ver, id LIMIT ${limit + 1}`;
  const { page, nextCursor } = cutPage(rows, { filters, limit }, (row) => [
    Number(row.ver),
    row.id,
    since,
  ]);
  const kept = page.filter(({ removed }) => !removed).map((change) => change.id);
  const contacts = await findContacts(db, ownerId, kept);
  return {
    items: kept.flatMap((key) => contacts.get(key) ?? []).map((row) => toContact(row)),
    removed: page.filter(({ removed }) => removed).map((change) => change.id),
    nextCursor,
    ver: since,
  };
};

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
