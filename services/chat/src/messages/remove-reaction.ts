import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { changeReaction } from './change-reaction.ts';

/** Removes the caller's reaction; where an emoji is named, only if it is that one. */
export const removeReaction = (
  deps: Pick<Deps, 'db' | 'publishCommits'>,
  actor: Actor,
  { emoji, ...key }: Input<typeof chatRest.removeReaction>,
): Promise<void> =>
  changeReaction(deps, actor, key, (present) =>
    emoji === undefined || emoji === present ? null : present,
  );
