import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { assertWritten, readTarget } from '../core/change-message.ts';
import { changeMyState } from './my-state.ts';

const kind = 'star';

export const starMessage = (
  deps: Pick<Deps, 'db' | 'notify'>,
  actor: Actor,
  place: Input<typeof chatRest.starMessage>,
): Promise<void> =>
  changeMyState(deps, actor, place, async (tx) => {
    const { userId } = actor;
    const { chatId, messageId } = place;
    const target = await readTarget(tx, userId, place);
    assertWritten(target);
    if (target.starred) return null;
    return async (userVer) => {
      await tx.messageStar.create({ data: { userId, messageId, chatId, userVer } });
      await tx.userRemoval.deleteMany({ where: { userId, kind, ref: messageId } });
    };
  });

export const unstarMessage = (
  deps: Pick<Deps, 'db' | 'notify'>,
  actor: Actor,
  place: Input<typeof chatRest.unstarMessage>,
): Promise<void> =>
  changeMyState(deps, actor, place, async (tx) => {
    const { userId } = actor;
    const { messageId } = place;
    const target = await readTarget(tx, userId, place);
    if (!target.starred) return null;
    // A row that is gone cannot tell other devices of a user that it went.
    return async (userVer) => {
      await tx.messageStar.delete({ where: { userId_messageId: { userId, messageId } } });
      await tx.userRemoval.upsert({
        where: { userId_kind_ref: { userId, kind, ref: messageId } },
        create: { userId, kind, ref: messageId, userVer },
        update: { userVer },
      });
    };
  });
