import type { PushJob } from '@taar/domain/push';
import type { PushContent } from './contents.ts';

type Said = { push: PushJob; content: PushContent };

/** What a push says of a chat, and as of which message; null where none speaks for another. */
const saying = ({ push, content }: Said) => {
  const { kind, sessionId } = push;
  if (kind === 'message')
    return { about: `${kind}:${sessionId}:${content.chatId}`, seq: content.seq };
  if (kind === 'dismiss' && push.upToSeq !== undefined)
    return { about: `${kind}:${sessionId}:${push.chatId}`, seq: BigInt(push.upToSeq) };
  return null;
};

/** Of a chat's messages that wait for one device, and of its dismissals, the newest speaks for all. */
export const withoutSuperseded = <T extends Said>(all: T[]): T[] => {
  const newest = new Map<string, T>();
  for (const one of all) {
    const said = saying(one);
    const other = said && newest.get(said.about);
    if (said && !(other && saying(other)!.seq > said.seq)) newest.set(said.about, one);
  }
  return all.filter((one) => {
    const said = saying(one);
    return !said || newest.get(said.about) === one;
  });
};
