import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { changeReaction } from './change-reaction.ts';

export const setReaction = (
  deps: Pick<Deps, 'db' | 'publishCommits'>,
  actor: Actor,
  { emoji, ...key }: Input<typeof chatRest.setReaction>,
): Promise<void> => changeReaction(deps, actor, key, () => emoji);
