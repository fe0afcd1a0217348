import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { setPinned } from './set-pinned.ts';

export const pinMessage = (
  deps: Pick<Deps, 'db' | 'publishCommits'>,
  actor: Actor,
  key: Input<typeof chatRest.pinMessage>,
): Promise<void> => setPinned(deps, actor, key, true);
