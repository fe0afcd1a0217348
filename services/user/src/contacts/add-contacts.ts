import {
  type ContactResult,
  type Input,
  type Output,
  maxContactsPerUpload,
  type userRest,
} from '@taar/contracts';
import { Prisma, type ServiceTx } from '@taar/db';
import { hasContact } from '@taar/domain/people';
import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { topics } from '@taar/runtime/topics';
import type { Deps } from '../deps.ts';
import { type ContactRow, isDeleted, selectContacts, toContact } from './queries.ts';
import { type Entry, readEntries, readEntry } from './read-entries.ts';
import { spendLookups } from './spend-lookups.ts';

type AddContacts = typeof userRest.addContacts;
type Tx = ServiceTx<'user'>;
type Needs = Pick<Deps, 'db' | 'publish' | 'config' | 'hashNumber'>;
type HashedEntry = Entry & { hash: string };

/** Accepts one contact or an upload of many. In an upload, invalid entries are reported as such. */
export const addContacts = async (
  deps: Needs,
  { userId }: Actor,
  { phoneNumber, name, contacts }: Input<AddContacts>,
): Promise<Output<AddContacts>> => {
  if (contacts && contacts.length > maxContactsPerUpload)
    throw new AppError('payload_too_large', `Send at most ${maxContactsPerUpload} contacts.`);
  const me = await deps.db.user.findUniqueOrThrow({ where: { id: userId } });
  const single = { phoneNumber: phoneNumber ?? '', name: name ?? '' };
  const read = contacts
    ? readEntries(contacts, me.phoneNumber)
    : [readEntry(single, me.phoneNumber)];
  const entries = read.map((entry) =>
    entry ? { ...entry, hash: deps.hashNumber(entry.phoneNumber) } : undefined,
  );
  // Of entries with the same number the last one is stored.
  const distinct = new Map(entries.flatMap((entry) => (entry ? [[entry.hash, entry]] : [])));
  const { created, userVer } = await store(deps, userId, [...distinct.values()]);
  if (userVer !== undefined) deps.publish('my_state_updated', { users: [userId] }, { userVer });
  const sent = contacts?.map((entry) => entry.phoneNumber) ?? [single.phoneNumber];
  return {
    outcome: !contacts && created > 0 ? 'created' : 'existing',
    body: { results: await readResults(deps, userId, sent, entries) },
  };
};

const store = (
  { db, config }: Pick<Needs, 'db' | 'config'>,
  ownerId: string,
  entries: HashedEntry[],
) =>
  db.$transaction(async (tx) => {
    const created = await countNew(tx, ownerId, entries);
    const perDay = config.NEW_CONTACTS_PER_DAY * config.RATE_LIMIT_FACTOR;
    await spendLookups(tx, ownerId, 'contacts', { count: created, perDay });
    const changed = await upsert(tx, ownerId, entries);
    if (changed.length === 0) return { created, userVer: undefined };
    // An owner who is not discoverable is found by the contacts that they add.
    if (!(await isDiscoverable(tx, ownerId)))
      await enqueue(tx, { topic: topics.matchContacts, key: ownerId });
    const userVer = await bumpUserVersion(tx, ownerId);
    await tx.$executeRaw`
      UPDATE contacts
      SET user_ver = ${userVer}
      WHERE owner_id = ${ownerId}::uuid AND id = ANY(${changed}::uuid[])`;
    return { created, userVer };
  });

const countNew = async (tx: Tx, ownerId: string, entries: HashedEntry[]) => {
  const hashes = entries.map(({ hash }) => hash);
  const [known] = await tx.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count
    FROM contacts
    WHERE owner_id = ${ownerId}::uuid AND phone_hash IN ${hashesInSql(hashes)}`;
  return entries.length - known!.count;
};

const hashesInSql = (hashes: string[]) => Prisma.sql`(
  SELECT decode(given.hash, 'hex') FROM unnest(${hashes}::text[]) AS given(hash))`;

/** Adds new entries and renames known ones. Returns the ids of the rows that changed. */
const upsert = async (tx: Tx, ownerId: string, entries: HashedEntry[]) => {
  const numbers = entries.map(({ phoneNumber }) => phoneNumber);
  const matches = await matchNumbers(tx, ownerId, numbers);
  const userIds = numbers.map((number) => matches.get(number) ?? null);
  const hashes = entries.map(({ hash }) => hash);
  const names = entries.map(({ name }) => name);
  const changed = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO contacts AS entry (owner_id, phone_hash, name, user_id)
    SELECT ${ownerId}::uuid, decode(given.hash, 'hex'), given.name, given.user_id
    FROM unnest(${hashes}::text[], ${names}::text[], ${userIds}::uuid[])
      AS given(hash, name, user_id)
    ORDER BY given.hash
    ON CONFLICT (owner_id, phone_hash) DO UPDATE
      SET name = excluded.name, user_id = coalesce(excluded.user_id, entry.user_id)
      WHERE entry.name <> excluded.name
        OR (excluded.user_id IS DISTINCT FROM entry.user_id AND excluded.user_id IS NOT NULL)
    RETURNING entry.id`;
  return changed.map(({ id }) => id);
};

/** Accounts with these numbers that the owner may find, by number. */
const matchNumbers = async (tx: Tx, ownerId: string, numbers: string[]) => {
  const owner = Prisma.sql`${ownerId}::uuid`;
  const rows = await tx.$queryRaw<{ id: string; phoneNumber: string }[]>`
    SELECT person.id, person.phone_number AS "phoneNumber"
    FROM users person
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    WHERE person.phone_number = ANY(${numbers}::text[])
      AND NOT ${isDeleted(Prisma.sql`person.id`)}
      AND (coalesce(settings.discoverable, true)
        OR ${hasContact(Prisma.sql`person.id`, owner)})`;
  return new Map(rows.map(({ id, phoneNumber }) => [phoneNumber, id]));
};

const isDiscoverable = async (tx: Tx, userId: string) =>
  (await tx.userSettings.findUnique({ where: { userId } }))?.discoverable ?? true;

/** One result for each entry that was sent, in the same order. */
const readResults = async (
  { db }: Pick<Needs, 'db'>,
  ownerId: string,
  sent: string[],
  entries: (HashedEntry | undefined)[],
): Promise<ContactResult[]> => {
  const hashes = entries.flatMap((entry) => entry?.hash ?? []);
  const rows = await db.$queryRaw<ContactRow[]>`${selectContacts(ownerId)}
    WHERE entry.owner_id = ${ownerId}::uuid AND entry.phone_hash IN ${hashesInSql(hashes)}`;
  const byHash = new Map(rows.map((row) => [row.phoneHash, row]));
  return entries.map((entry, index) => {
    const row = entry && byHash.get(entry.hash);
    if (!entry || !row) return { phoneNumber: sent[index]!, state: 'invalid' };
    const contact = toContact(row, entry.phoneNumber);
    const state = contact.registered ? 'matched' : 'not_registered';
    return { phoneNumber: entry.sent, state, contact };
  });
};
