import { describe, expect, test } from '@jest/globals';
import { type Input, type Message, chatRest } from '@taar/contracts';
import { aBlock, aMessage } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aFamily, say, takeOut } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();

type Query = Omit<Input<typeof chatRest.listMessages>, 'chatId'>;
const list = async (who: Person, chatId: string, query: Query = {}) =>
  (await who.call(chatRest.listMessages, { chatId, ...query })).body;
const seqsOf = ({ items }: { items: Message[] }) => items.map(({ seq }) => seq);

const written = async (who: Person, chatId: string, count: number) => {
  for (let n = 0; n < count; n++) await aMessage(chat.admin, { id: chatId }, { id: who.userId });
};

/** Everything that paging in one direction answers, and whether its ranges meet without a hole. */
const walk = async (who: Person, chatId: string, key: 'beforeSeq' | 'afterSeq', from: Query) => {
  const pages = [await list(who, chatId, { ...from, limit: 3 })];
  for (let next = pages[0]!.nextCursor; next !== null; next = pages.at(-1)!.nextCursor)
    pages.push(await list(who, chatId, { [key]: Number(next), limit: 3 }));
  const spans = pages.map(({ coverage }) => coverage!);
  const ordered = key === 'afterSeq' ? spans : spans.toReversed();
  const meet = ordered.every(({ fromSeq }, i) => i === 0 || fromSeq === ordered[i - 1]!.toSeq + 1);
  return {
    meet,
    from: ordered[0]!.fromSeq,
    to: ordered.at(-1)!.toSeq,
    items: pages.flatMap((p) => p.items),
  };
};

describe('GET /chats/:chatId/messages', () => {
  test('T-S9 covers every position, with tombstones, hidden and swallowed messages at the page edges', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await written(asha, chatId, 12);
    const { items } = await list(asha, chatId);
    const at = (seq: number) => ({ chatId, messageId: items[seq - 1]!.id });
    for (const seq of [1, 3, 6, 12])
      await asha.call(chatRest.deleteMessage, { ...at(seq), scope: 'everyone' });
    for (const seq of [4, 7, 9, 10, 11]) await biren.call(chatRest.deleteMessage, at(seq));
    await aBlock(chat.admin, { id: biren.userId }, { id: asha.userId });
    await say(asha, chatId, 'swallowed');

    for (const [key, from] of [
      ['beforeSeq', {}],
      ['afterSeq', { afterSeq: 0 }],
    ] as const) {
      const walked = await walk(biren, chatId, key, from);
      expect(walked).toMatchObject({ meet: true, from: 1, to: 13 });
      expect(walked.items.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual([
        1, 2, 3, 5, 6, 8, 12,
      ]);
      expect(walked.items.filter(({ deletedAt }) => deletedAt).map(({ seq }) => seq)).toEqual(
        expect.arrayContaining([1, 3, 6, 12]),
      );
    }
  });

  test('pages around a position, and at the ends of the chat', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    expect(await list(asha, chatId)).toMatchObject({
      items: [],
      coverage: { fromSeq: 1, toSeq: 0 },
      nextCursor: null,
    });
    await written(asha, chatId, 10);
    const around = async (aroundSeq: number) =>
      seqsOf(await list(biren, chatId, { aroundSeq, limit: 4 }));
    expect(await around(5)).toEqual([3, 4, 5, 6]);
    expect(await around(0)).toEqual([1, 2]);
    expect(await around(99)).toEqual([7, 8, 9, 10]);
    expect(await list(biren, chatId, { afterSeq: 10 })).toMatchObject({
      items: [],
      coverage: { fromSeq: 11, toSeq: 10 },
      nextCursor: null,
    });
    expect(await list(biren, chatId, { beforeSeq: 0 })).toMatchObject({
      items: [],
      nextCursor: null,
    });
  });

  test('does not lead through what is out of reach', async () => {
    const { owner, member, chatId } = await aFamily(chat);
    await written(owner, chatId, 30);
    const who = { chatId_userId: { chatId, userId: member.userId } };
    await chat.admin.chatMember.update({ where: who, data: { joinedSeq: 29 } });
    expect(await list(member, chatId, { limit: 3 })).toMatchObject({
      coverage: { fromSeq: 1, toSeq: 30 },
      nextCursor: null,
    });
    const forward = await list(member, chatId, { afterSeq: 0, limit: 3 });
    expect(seqsOf(forward)).toEqual([29, 30]);
    await takeOut(chat, chatId, member.userId);
    await written(owner, chatId, 2);
    const ended = await list(member, chatId);
    expect(ended.chat.lastSeq).toBe(30);
    expect(seqsOf(ended)).toEqual([29, 30]);
  });

  test('by change, shows each changed message once as it is now', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [one, two] = [await say(asha, chatId, 'one'), await say(asha, chatId, 'two')];
    const { changeSeq } = (await list(biren, chatId)).chat;
    await say(asha, chatId, 'three');
    await asha.call(chatRest.editMessage, { chatId, messageId: one.id, content: 'uno' });
    await asha.call(chatRest.editMessage, { chatId, messageId: one.id, content: 'eins' });
    await asha.call(chatRest.deleteMessage, { chatId, messageId: two.id, scope: 'everyone' });

    const first = await list(biren, chatId, { changedAfter: changeSeq, limit: 2 });
    const rest = await list(biren, chatId, { changedAfter: Number(first.nextCursor), limit: 2 });
    expect([...first.items, ...rest.items].map((m) => [m.seq, m.changeSeq, m.content])).toEqual([
      [3, 3, 'three'],
      [1, 5, 'eins'],
      [2, 6, null],
    ]);
    expect(rest).toMatchObject({ nextCursor: null, coverage: null, chat: { changeSeq: 6 } });
  });

  test('answers 304 until something in the chat or of mine in it changes', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const { id } = await say(asha, chatId, 'x');
    const tagOf = async (known?: string) => {
      const { request } = await biren.send('get', `/chats/${chatId}/messages`);
      const answer = await (known ? request.set('If-None-Match', known) : request);
      return { status: answer.status, tag: answer.headers['etag'] as string };
    };
    const { tag } = await tagOf();
    expect((await tagOf(tag)).status).toBe(304);
    await biren.call(chatRest.starMessage, { chatId, messageId: id });
    const starred = await tagOf(tag);
    expect(starred.status).toBe(200);
    await asha.call(chatRest.setReaction, { chatId, messageId: id, emoji: '👍' });
    expect((await tagOf(starred.tag)).status).toBe(200);
  });

  test('asks for one kind of page at a time', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const answer = await asha.call(chatRest.listMessages, { chatId, beforeSeq: 1, afterSeq: 1 });
    expect(answer.status).toBe(400);
  });
});
