import type { Output, userRest } from '@taar/contracts';
import { meOrThrow } from '@taar/domain/me';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';

export const getMe = (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
): Promise<Output<typeof userRest.getMe>> => meOrThrow(db, userId);
