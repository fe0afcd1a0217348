import { describe, expect, test } from '@jest/globals';
import { type Input, type Message, chatRest } from '@taar/contracts';
import { aBlock, aMessage } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aGroupWithRoles, removeSilently } from './groups.ts';
import { sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();

type Query = Omit<Input<typeof chatRest.listMessages>, 'chatId'>;
const list = async (person: Person, chatId: string, query: Query = {}) =>
  (await person.call(chatRest.listMessages, { chatId, ...query })).body;
const seqsOf = ({ items }: { items: Message[] }) => items.map(({ seq }) => seq);

const addMessages = async (sender: Person, chatId: string, count: number) => {
  for (let n = 0; n < count; n++) await aMessage(chat.admin, { id: chatId }, { id: sender.userId });
};

/** Reads every page in one direction, and checks whether their ranges meet without a gap. */
const walk = async (person: Person, chatId: string, key: 'beforeSeq' | 'afterSeq', from: Query) => {
  const pages = [await list(person, chatId, { ...from, limit: 3 })];
  for (let next = pages[0]!.nextCursor; next !== null; next = pages.at(-1)!.nextCursor)
    pages.push(await list(person, chatId, { [key]: Number(next), limit: 3 }));
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
  test('pages cover every position, with hidden and deleted messages at the edges', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await addMessages(asha, chatId, 12);
    const { items } = await list(asha, chatId);
    const at = (seq: number) => ({ chatId, messageId: items[seq - 1]!.id });
    for (const seq of [1, 3, 6, 12])
      await asha.call(chatRest.deleteMessage, { ...at(seq), scope: 'everyone' });
    for (const seq of [4, 7, 9, 10, 11]) await biren.call(chatRest.deleteMessage, at(seq));
    await aBlock(chat.admin, { id: biren.userId }, { id: asha.userId });
    await sendText(asha, chatId, 'withheld');

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

  test('pages around a position end at both ends of the chat', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    expect(await list(asha, chatId)).toMatchObject({
      items: [],
      coverage: { fromSeq: 1, toSeq: 0 },
      nextCursor: null,
    });
    await addMessages(asha, chatId, 10);
    const seqsAround = async (aroundSeq: number) =>
      seqsOf(await list(biren, chatId, { aroundSeq, limit: 4 }));
    expect(await seqsAround(5)).toEqual([3, 4, 5, 6]);
    expect(await seqsAround(0)).toEqual([1, 2]);
    expect(await seqsAround(99)).toEqual([7, 8, 9, 10]);
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

  test('pages end where the member can read no further', async () => {
    const { owner, member, chatId } = await aGroupWithRoles(chat);
    await addMessages(owner, chatId, 30);
    const who = { chatId_userId: { chatId, userId: member.userId } };
    await chat.admin.chatMember.update({ where: who, data: { joinedSeq: 29 } });
    expect(await list(member, chatId, { limit: 3 })).toMatchObject({
      coverage: { fromSeq: 1, toSeq: 30 },
      nextCursor: null,
    });
    const forward = await list(member, chatId, { afterSeq: 0, limit: 3 });
    expect(seqsOf(forward)).toEqual([29, 30]);
    await removeSilently(chat, chatId, member.userId);
    await addMessages(owner, chatId, 2);
    const ended = await list(member, chatId);
    expect(ended.chat.lastSeq).toBe(30);
    expect(seqsOf(ended)).toEqual([29, 30]);
  });

  test('pages by change show each changed message once, in its current state', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [one, two] = [await sendText(asha, chatId, 'one'), await sendText(asha, chatId, 'two')];
    const { changeSeq } = (await list(biren, chatId)).chat;
    await sendText(asha, chatId, 'three');
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

  test('a page is answered with 304 until the chat or the caller’s state changes', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const { id } = await sendText(asha, chatId, 'x');
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

  test('a request for two kinds of pages is refused', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const answer = await asha.call(chatRest.listMessages, { chatId, beforeSeq: 1, afterSeq: 1 });
    expect(answer.status).toBe(400);
  });
});
