import type { ChatDb } from '@taar/db';
import { maySee } from '@taar/domain/people';
import { AppError } from '@taar/kit/errors';

type Person = { id: string; mayAdd: boolean };

/** Of these people: who has an account, and who lets `adder` put them into a group. */
export const findPeople = (
  db: Pick<ChatDb, '$queryRaw'>,
  adder: string,
  ids: string[],
): Promise<Person[]> => db.$queryRaw<Person[]>`
  SELECT person.id, ${maySee(adder, 'addToGroups')} AS "mayAdd"
  FROM users person
  LEFT JOIN user_settings settings ON settings.user_id = person.id
  LEFT JOIN user_state s ON s.user_id = person.id
  WHERE person.id = ANY(${ids}::uuid[]) AND s.deleted_at IS NULL`;

/** The same, where none may be missing. */
export const peopleOrThrow = async (
  db: Pick<ChatDb, '$queryRaw'>,
  adder: string,
  ids: string[],
): Promise<Person[]> => {
  const people = await findPeople(db, adder, ids);
  const known = new Set(people.map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw new AppError('user_not_found', 'Some people have no account.', { userIds: unknown });
  return people;
};
