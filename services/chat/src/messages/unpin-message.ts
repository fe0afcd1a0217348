import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { setPinned } from './set-pinned.ts';

export const unpinMessage = (
  deps: Pick<Deps, 'db' | 'publishCommits'>,
  actor: Actor,
  key: Input<typeof chatRest.unpinMessage>,
): Promise<void> => setPinned(deps, actor, key, false);
