import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { assertWritten, readTarget } from '../core/change-message.ts';
import type { Deps } from '../deps.ts';
import { changeMyState } from './change-my-state.ts';

export const starMessage = (
  deps: Pick<Deps, 'db' | 'publish'>,
  actor: Actor,
  key: Input<typeof chatRest.starMessage>,
): Promise<void> =>
  changeMyState(deps, actor, key, async (tx) => {
    const { userId } = actor;
    const { chatId, messageId } = key;
    const target = await readTarget(tx, userId, key);
    assertWritten(target);
    if (target.starred) return null;
    return async (userVer) => {
      await tx.messageStar.create({ data: { userId, messageId, chatId, userVer } });
      await tx.userRemoval.deleteMany({ where: { userId, kind: 'star', ref: messageId } });
    };
  });
