import type { Input, Output, userRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import {
  type PersonRow,
  blockWith,
  hasContact,
  personAsSeen,
  toUserSummary,
} from '@taar/domain/people';
import { countryOf, readNumber } from '@taar/domain/phone';
import type { Actor } from '@taar/kit/auth';
import { cutPage, fromCursor } from '@taar/kit/cursor';
import { invalidField } from '@taar/kit/edge';
import { spendLookups } from '../contacts/spend-lookups.ts';
import type { Deps } from '../deps.ts';
import { isActiveAccount } from './account-visibility.ts';

type SearchUsers = typeof userRest.searchUsers;
type Row = { person: PersonRow; closeness: number; name: string };
type Search = { callerId: string; words: string; phoneNumber: string | null; global: boolean };

/** A shorter text has no trigram, so that the index could not serve it. */
const minLength = 3;

export const searchUsers = async (
  { db, config }: Pick<Deps, 'db' | 'config'>,
  { userId }: Actor,
  { q, limit = 20, cursor }: Input<SearchUsers>,
): Promise<Output<SearchUsers>> => {
  const words = readWords(q);
  const filters = ['search', words];
  const [closeness, name, id] =
    cursor === undefined
      ? [null, null, null]
      : fromCursor(filters, cursor, ['number', 'text', 'uuid']);
  const me = await db.user.findUniqueOrThrow({ where: { id: userId } });
  const phoneNumber = readNumber(words, countryOf(me.phoneNumber)) ?? null;
  const perDay = config.NUMBER_SEARCHES_PER_DAY * config.RATE_LIMIT_FACTOR;
  // A number without an account costs too: its answer also reveals something.
  if (phoneNumber) await spendLookups(db, userId, 'search', { count: 1, perDay });

  const search = { callerId: userId, words, phoneNumber, global: config.USER_SEARCH_GLOBAL };
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${personAsSeen(userId)} AS person, page.closeness, page.name
    FROM (
      SELECT person.id, person.name, found.closeness
      FROM (${candidates(search)}) found
      JOIN users person ON person.id = found.id
      WHERE person.id <> ${userId}::uuid
        AND ${isActiveAccount}
        AND NOT ${blockWith(userId)}
        AND (${closeness === null}
          OR (found.closeness, person.name, person.id)
            > (${closeness}::int, ${name}::text, ${id}::uuid))
      ORDER BY found.closeness, person.name, person.id
      LIMIT ${limit + 1}
    ) page
    JOIN users person ON person.id = page.id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    ORDER BY page.closeness, page.name, page.id`;
  const { page, nextCursor } = cutPage(rows, { filters, limit }, (row) => [
    row.closeness,
    row.name,
    row.person.id,
  ]);
  return { items: page.map(({ person }) => toUserSummary(person)), nextCursor };
};

const readWords = (q: string) => {
  const words = q.normalize('NFC').replace(/\s+/gu, ' ').trim();
  if ([...words].length < minLength) throw invalidField('q', 'text.min');
  return words;
};

/**
 * Ids with their closeness: 0 contacts of the caller, 1 members of the caller's groups, 2 the owner
 * of the number, and in closed deployments every user with the name.
 */
const candidates = ({ callerId, words, phoneNumber, global }: Search) => {
  const caller = Prisma.sql`${callerId}::uuid`;
  const nameMatches = hasWordStartingWith(Prisma.sql`person.name`, words);
  // A branch for each condition: an OR across tables would read them whole.
  const branches = [
    Prisma.sql`
      SELECT entry.user_id AS id, 0 AS closeness
      FROM contacts entry
      WHERE entry.owner_id = ${caller}
        AND entry.user_id IS NOT NULL
        AND ${hasWordStartingWith(Prisma.sql`entry.name`, words)}`,
    Prisma.sql`
      SELECT entry.user_id, 0
      FROM users person
      JOIN contacts entry ON entry.user_id = person.id
      WHERE entry.owner_id = ${caller} AND ${nameMatches}`,
    Prisma.sql`
      SELECT person.id, 1
      FROM chat_members own
      JOIN chats chat ON chat.id = own.chat_id AND chat.is_group AND chat.closed_at IS NULL
      JOIN chat_members member ON member.chat_id = chat.id AND member.left_at IS NULL
      JOIN users person ON person.id = member.user_id
      WHERE own.user_id = ${caller} AND own.left_at IS NULL AND ${nameMatches}`,
    Prisma.sql`
      SELECT person.id, 2
      FROM users person
      LEFT JOIN user_settings settings ON settings.user_id = person.id
      WHERE person.phone_number = ${phoneNumber}::text
        AND (coalesce(settings.discoverable, true)
          OR ${hasContact(Prisma.sql`person.id`, caller)})`,
    ...(global ? [Prisma.sql`SELECT person.id, 2 FROM users person WHERE ${nameMatches}`] : []),
  ];
  return Prisma.sql`
    SELECT id, min(closeness) AS closeness
    FROM (${Prisma.join(branches, ' UNION ALL ')}) AS branch
    GROUP BY id`;
};

/** Wildcards in the words are matched literally. */
const hasWordStartingWith = (column: Prisma.Sql, words: string) => {
  const literal = words.replace(/[\\%_]/g, '\\$&');
  return Prisma.sql`(${column} ILIKE ${`${literal}%`} OR ${column} ILIKE ${`% ${literal}%`})`;
};
