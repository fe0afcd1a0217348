import type { PushJob } from '@taar/runtime/push-jobs';

/**
 * Of several pushes that tell a device up to where a chat is read, keeps the one that reaches
 * farthest. Keeps all other pushes.
 */
export const dropSuperseded = <T>(all: T[], pushOf: (one: T) => PushJob) => {
  const farthest = new Map<string, { one: T; upToSeq: number }>();
  for (const one of all) {
    const dismissal = toDismissal(pushOf(one));
    if (!dismissal) continue;
    const known = farthest.get(dismissal.target);
    if (!known || known.upToSeq <= dismissal.upToSeq)
      farthest.set(dismissal.target, { one, upToSeq: dismissal.upToSeq });
  }
  const isKept = (one: T) => {
    const dismissal = toDismissal(pushOf(one));
    return !dismissal || farthest.get(dismissal.target)!.one === one;
  };
  return { kept: all.filter(isKept), superseded: all.filter((one) => !isKept(one)) };
};

/** Null unless the push dismisses the notifications of a chat up to a message. */
const toDismissal = (push: PushJob) =>
  push.kind === 'dismiss' && push.upToSeq !== undefined
    ? { target: `${push.sessionId}:${push.chatId}`, upToSeq: push.upToSeq }
    : null;
