import {
  type ContactResult,
  type Input,
  type Output,
  maxContactsPerUpload,
  type userRest,
} from '@taar/contracts';
import { Prisma, type ServiceTx } from '@taar/db';
import { enqueue } from '@taar/runtime/jobs';
import { topics } from '@taar/runtime/topics';
import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { spendLookups } from './spend-lookups.ts';
import { type Entry, readEntries, readEntry } from './read-entries.ts';
import { type ContactRow, isLeaving, selectContacts, toContact } from './queries.ts';

type AddContacts = typeof userRest.addContacts;
type Tx = ServiceTx<'user'>;
type Needs = Pick<Deps, 'db' | 'publish' | 'config' | 'hashNumber'>;
type Hashed = Entry & { hash: string };

/** Who of them has an account that the owner may find: found by all, or by whom they know. */
const matchNumbers = async (tx: Tx, ownerId: string, numbers: string[]) => {
  const rows = await tx.$queryRaw<{ id: string; phoneNumber: string }[]>`
    SELECT u.id, u.phone_number AS "phoneNumber"
    FROM users u LEFT JOIN user_settings us ON us.user_id = u.id
    WHERE u.phone_number = ANY(${numbers}::text[]) AND NOT ${isLeaving(Prisma.sql`u.id`)}
      AND (coalesce(us.discoverable, true) OR EXISTS (SELECT FROM contacts k
        WHERE k.owner_id = u.id AND k.user_id = ${ownerId}::uuid))`;
  return new Map(rows.map(({ id, phoneNumber }) => [phoneNumber, id]));
};

const countNew = async (tx: Tx, ownerId: string, entries: Hashed[]) => {
  const [known] = await tx.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM contacts WHERE owner_id = ${ownerId}::uuid
      AND phone_hash IN (SELECT decode(h, 'hex') FROM unnest(${entries.map((e) => e.hash)}::text[]) AS t(h))`;
  return entries.length - known!.count;
};

/** Adds what is new and renames what is known; answers the ids of those that it touched. */
const upsert = async (tx: Tx, ownerId: string, entries: Hashed[]) => {
  const matches = await matchNumbers(
    tx,
    ownerId,
    entries.map((entry) => entry.phoneNumber),
  );
  const userIds = entries.map((entry) => matches.get(entry.phoneNumber) ?? null);
  const touched = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO contacts AS k (owner_id, phone_hash, name, user_id)
    SELECT ${ownerId}::uuid, decode(t.hash, 'hex'), t.name, t.user_id
    FROM unnest(${entries.map((entry) => entry.hash)}::text[],
      ${entries.map((entry) => entry.name)}::text[], ${userIds}::uuid[]) AS t(hash, name, user_id)
    ORDER BY t.hash
    ON CONFLICT (owner_id, phone_hash) DO UPDATE
      SET name = excluded.name, user_id = coalesce(excluded.user_id, k.user_id)
    WHERE k.name <> excluded.name OR excluded.user_id IS DISTINCT FROM k.user_id
      AND excluded.user_id IS NOT NULL
    RETURNING k.id`;
  return touched.map(({ id }) => id);
};

const isDiscoverable = async (tx: Tx, userId: string) =>
  (await tx.userSettings.findUnique({ where: { userId } }))?.discoverable ?? true;

const store = ({ db, config }: Pick<Needs, 'db' | 'config'>, ownerId: string, entries: Hashed[]) =>
  db.$transaction(async (tx) => {
    const created = await countNew(tx, ownerId, entries);
    const perDay = config.NEW_CONTACTS_PER_DAY * config.RATE_LIMIT_FACTOR;
    await spendLookups(tx, ownerId, 'contacts', { count: created, perDay });
    const touched = await upsert(tx, ownerId, entries);
    // Whoever hides is found by those whom they add.
    if (touched.length > 0 && !(await isDiscoverable(tx, ownerId)))
      await enqueue(tx, { topic: topics.matchContacts, key: ownerId });
    if (touched.length === 0) return { created, userVer: undefined };
    const userVer = await bumpUserVersion(tx, ownerId);
    await tx.$executeRaw`
      UPDATE contacts SET user_ver = ${userVer}
      WHERE owner_id = ${ownerId}::uuid AND id = ANY(${touched}::uuid[])`;
    return { created, userVer };
  });

const readResults = async (
  { db }: Pick<Needs, 'db'>,
  ownerId: string,
  sent: string[],
  entries: (Hashed | undefined)[],
): Promise<ContactResult[]> => {
  const hashes = entries.flatMap((entry) => entry?.hash ?? []);
  const rows = await db.$queryRaw<ContactRow[]>`${selectContacts(ownerId)}
    WHERE k.owner_id = ${ownerId}::uuid
      AND k.phone_hash IN (SELECT decode(h, 'hex') FROM unnest(${hashes}::text[]) AS t(h))`;
  const byHash = new Map(rows.map((row) => [row.phoneHash, row]));
  return entries.map((entry, index) => {
    const row = entry && byHash.get(entry.hash);
    if (!entry || !row) return { phoneNumber: sent[index]!, state: 'invalid' };
    const contact = toContact(row, entry.phoneNumber);
    const state = contact.registered ? 'matched' : 'not_registered';
    return { phoneNumber: entry.sent, state, contact };
  });
};

export const addContacts = async (
  deps: Needs,
  { userId }: Actor,
  { phoneNumber, name, contacts }: Input<AddContacts>,
): Promise<Output<AddContacts>> => {
  if (contacts && contacts.length > maxContactsPerUpload)
    throw new AppError('payload_too_large', `Send ${maxContactsPerUpload} contacts at most.`);
  const me = await deps.db.user.findUniqueOrThrow({ where: { id: userId } });
  const single = { phoneNumber: phoneNumber ?? '', name: name ?? '' };
  const read = contacts
    ? readEntries(contacts, me.phoneNumber)
    : [readEntry(single, me.phoneNumber)];
  const entries = read.map((entry) =>
    entry ? { ...entry, hash: deps.hashNumber(entry.phoneNumber) } : undefined,
  );
  // The same number twice: the last name is the one.
  const distinct = new Map(entries.flatMap((entry) => (entry ? [[entry.hash, entry]] : [])));
  const { created, userVer } = await store(deps, userId, [...distinct.values()]);
  if (userVer !== undefined) deps.publish('my_state_updated', { users: [userId] }, { userVer });
  const sent = contacts?.map((entry) => entry.phoneNumber) ?? [single.phoneNumber];
  return {
    outcome: !contacts && created > 0 ? 'created' : 'existing',
    body: { results: await readResults(deps, userId, sent, entries) },
  };
};
