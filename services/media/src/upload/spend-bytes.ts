import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';

/** Takes the size of an upload from the caller's budget of kilobytes. */
export const spendBytes = (
  { spendLimit }: Pick<Deps, 'spendLimit'>,
  { userId }: Actor,
  bytes: number,
) => spendLimit('uploadKilobytes', { userId, address: '' }, null, Math.ceil(bytes / 1_024));
