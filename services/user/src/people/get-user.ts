import type { Input, Output, Presence, userRest } from '@taar/contracts';
import { type PersonRow, personAsSeen, presenceAsSeen, toUserSummary } from '@taar/domain/people';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { accountVisibleTo } from './account-visibility.ts';

type GetUser = typeof userRest.getUser;
type Row = {
  person: PersonRow;
  presence: Presence;
  contactName: string | null;
  blockedByMe: boolean;
};

export const getUser = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { userId: other }: Input<GetUser>,
): Promise<Output<GetUser>> => {
  const [row] = await db.$queryRaw<Row[]>`
    SELECT ${personAsSeen(userId)} AS person, ${presenceAsSeen(userId)} AS presence,
      (SELECT entry.name FROM contacts entry
        WHERE entry.owner_id = ${userId}::uuid AND entry.user_id = person.id
        ORDER BY entry.created_at
        LIMIT 1) AS "contactName",
      EXISTS (SELECT FROM blocks block
        WHERE block.blocker_id = ${userId}::uuid
          AND block.blocked_id = person.id) AS "blockedByMe"
    FROM users person
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    WHERE person.id = ${other}::uuid AND ${accountVisibleTo(userId)}`;
  if (!row) throw new AppError('user_not_found', 'No such user.');
  const { person, ...rest } = row;
  return { ...toUserSummary(person), ...rest };
};
