import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { readTarget } from '../core/change-message.ts';
import type { Deps } from '../deps.ts';
import { changeMyState } from './change-my-state.ts';

export const unstarMessage = (
  deps: Pick<Deps, 'db' | 'publish'>,
  actor: Actor,
  key: Input<typeof chatRest.unstarMessage>,
): Promise<void> =>
  changeMyState(deps, actor, key, async (tx) => {
    const { userId } = actor;
    const { messageId } = key;
    const target = await readTarget(tx, userId, key);
    if (!target.starred) return null;
    // By the removal's row the user's other devices find that the star is gone.
    return async (userVer) => {
      await tx.messageStar.delete({ where: { userId_messageId: { userId, messageId } } });
      const removal = { userId, kind: 'star', ref: messageId };
      await tx.userRemoval.upsert({
        where: { userId_kind_ref: removal },
        create: { ...removal, userVer },
        update: { userVer },
      });
    };
  });
