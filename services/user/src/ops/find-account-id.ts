import { isUuid } from '@taar/contracts';
import type { UserDb } from '@taar/db';
import { OperatorError } from './operator-error.ts';

/** Finds an account by its id or its phone number. */
export const findAccountId = async (db: Pick<UserDb, 'user'>, idOrNumber: string) => {
  const where = isUuid(idOrNumber) ? { id: idOrNumber } : { phoneNumber: idOrNumber };
  const user = await db.user.findUnique({ where, select: { id: true } });
  if (!user) throw new OperatorError(`There is no account ${idOrNumber}.`);
  return user.id;
};
