import type { Input, Output, userRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { type PersonRow, blockWith, personAsSeen, toUserSummary } from '@taar/domain/people';
import { countryOf, readNumber } from '@taar/domain/phone';
import type { Actor } from '@taar/kit/auth';
import { cutPage, fromCursor } from '@taar/kit/cursor';
import { invalidField } from '@taar/kit/edge';
import { spendLookups } from '../contacts/spend-lookups.ts';
import type { Deps } from '../deps.ts';
import { hasContact, isActive } from './account-visibility.ts';

type SearchUsers = typeof userRest.searchUsers;
type Row = { person: PersonRow; closeness: number; name: string };

const minLength = 3;

/** What was typed, to be found literally; at least as long as a trigram, so that the index serves. */
const readWords = (q: string) => {
  const words = q.normalize('NFC').replace(/\s+/gu, ' ').trim();
  if ([...words].length < minLength) throw invalidField('q', 'text.min');
  return words;
};

/** A name of which some word begins like this. */
const begins = (column: Prisma.Sql, words: string) => {
  const literal = words.replace(/[\\%_]/g, '\\$&');
  return Prisma.sql`(${column} ILIKE ${`${literal}%`} OR ${column} ILIKE ${`% ${literal}%`})`;
};

/** Closest first: 0 my contacts, 1 people of my groups, 2 whoever has the number or, globally, the name. */
const candidates = (me: string, words: string, phoneNumber: string | null, global: boolean) => {
  const name = begins(Prisma.sql`person.name`, words);
  const myself = Prisma.sql`${me}::uuid`;
  const branches = [
    // One condition a branch: an OR across tables would read them whole.
    Prisma.sql`SELECT k.user_id AS id, 0 AS closeness FROM contacts k
      WHERE k.owner_id = ${me}::uuid AND k.user_id IS NOT NULL AND ${begins(Prisma.sql`k.name`, words)}`,
    Prisma.sql`SELECT k.user_id, 0 FROM users person JOIN contacts k ON k.user_id = person.id
      WHERE k.owner_id = ${me}::uuid AND ${name}`,
    Prisma.sql`SELECT person.id, 1 FROM chat_members mine
      JOIN chats c ON c.id = mine.chat_id AND c.is_group AND c.closed_at IS NULL
      JOIN chat_members theirs ON theirs.chat_id = c.id AND theirs.left_at IS NULL
      JOIN users person ON person.id = theirs.user_id
      WHERE mine.user_id = ${me}::uuid AND mine.left_at IS NULL AND ${name}`,
    Prisma.sql`SELECT person.id, 2 FROM users person
      LEFT JOIN user_settings settings ON settings.user_id = person.id
      WHERE person.phone_number = ${phoneNumber}::text
        AND (coalesce(settings.discoverable, true) OR ${hasContact(Prisma.sql`person.id`, myself)})`,
    ...(global ? [Prisma.sql`SELECT person.id, 2 FROM users person WHERE ${name}`] : []),
  ];
  return Prisma.sql`SELECT id, min(closeness) AS closeness
    FROM (${Prisma.join(branches, ' UNION ALL ')}) AS branch GROUP BY id`;
};

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
  // Asking for a number costs, whether or not it has an account: both answers teach something.
  if (phoneNumber) await spendLookups(db, userId, 'search', { count: 1, perDay });

  const rows = await db.$queryRaw<Row[]>`
    SELECT ${personAsSeen(userId)} AS person, page.closeness, page.name
    FROM (
      SELECT person.id, person.name, found.closeness
      FROM (${candidates(userId, words, phoneNumber, config.USER_SEARCH_GLOBAL)}) found
        JOIN users person ON person.id = found.id
      WHERE person.id <> ${userId}::uuid AND ${isActive} AND NOT ${blockWith(userId)}
        AND (${closeness === null} OR (found.closeness, person.name, person.id)
          > (${closeness}::int, ${name}::text, ${id}::uuid))
      ORDER BY found.closeness, person.name, person.id LIMIT ${limit + 1}
    ) page JOIN users person ON person.id = page.id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    ORDER BY page.closeness, page.name, page.id`;
  const { page, nextCursor } = cutPage(rows, { filters, limit }, (row) => [
    row.closeness,
    row.name,
    row.person.id,
  ]);
  return { items: page.map(({ person }) => toUserSummary(person)), nextCursor };
};
