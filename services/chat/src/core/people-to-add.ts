import type { ChatDb } from '@taar/db';
import { maySee } from '@taar/domain/people';
import { AppError } from '@taar/kit/errors';

type Person = { id: string; mayAdd: boolean };

/** Those of these users who have an account, and whether their privacy lets `adder` add them. */
export const findPeople = (
  db: Pick<ChatDb, '$queryRaw'>,
  adder: string,
  ids: string[],
): Promise<Person[]> => db.$queryRaw<Person[]>`
  SELECT person.id, ${maySee(adder, 'addToGroups')} AS "mayAdd"
  FROM users person
  LEFT JOIN user_settings settings ON settings.user_id = person.id
  LEFT JOIN user_state state ON state.user_id = person.id
  WHERE person.id = ANY(${ids}::uuid[])
    AND state.deleted_at IS NULL`;

/** As `findPeople`; every user must have an account. */
export const peopleOrThrow = async (
  db: Pick<ChatDb, '$queryRaw'>,
  adder: string,
  ids: string[],
): Promise<Person[]> => {
  const people = await findPeople(db, adder, ids);
  const known = new Set(people.map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw new AppError('user_not_found', 'Some of these users have no account.', {
      userIds: unknown,
    });
  return people;
};
