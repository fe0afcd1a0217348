import type { PushJob } from '@taar/runtime/push-jobs';

type Waiting = { push: PushJob };

/** Which device a push tells how far a chat is read, and how far; null for any other. */
const reading = ({ push }: Waiting) =>
  push.kind === 'dismiss' && push.upToSeq !== undefined
    ? { about: `${push.sessionId}:${push.chatId}`, upToSeq: push.upToSeq }
    : null;

/** Of what tells a device how far a chat is read, the farthest says all. */
export const withoutSuperseded = <T extends Waiting>(all: T[]): T[] => {
  const farthest = new Map<string, T>();
  for (const one of all) {
    const said = reading(one);
    if (!said) continue;
    const other = farthest.get(said.about);
    if (!other || reading(other)!.upToSeq <= said.upToSeq) farthest.set(said.about, one);
  }
  return all.filter((one) => {
    const said = reading(one);
    return !said || farthest.get(said.about) === one;
  });
};
