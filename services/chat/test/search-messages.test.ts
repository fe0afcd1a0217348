import { describe, expect, test } from '@jest/globals';
import { type Input, chatRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { aBlock, aMedia } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { wordsOf } from '../src/messages/search-messages.ts';
import { aGroupWithRoles, removeSilently } from './groups.ts';
import { messageWith, sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();

type Query = Input<typeof chatRest.searchMessages>;
const search = async (person: Person, query: Query) =>
  (await person.call(chatRest.searchMessages, query)).body;
const found = async (person: Person, q: string, more: Partial<Query> = {}) =>
  (await search(person, { q, ...more })).items.map(({ content }) => content);

describe('GET /chats/search', () => {
  test('a search finds words, and beginnings for its last word, newest first', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    for (const content of ['Mango chutney', 'mangoes and rice', 'নমস্কার বন্ধু', 'rice'])
      await sendText(asha, chatId, content);
    expect(await found(biren, 'MANGO')).toEqual(['mangoes and rice', 'Mango chutney']);
    expect(await found(biren, 'rice man')).toEqual(['mangoes and rice']);
    expect(await found(biren, 'নমস্কার')).toEqual(['নমস্কার বন্ধু']);
    expect(await found(biren, 'ango')).toEqual([]);
  });

  test('a search finds words beside brackets, and beginnings of parts of compounds', async () => {
    const { asha, chatId } = await chat.twoFriends();
    for (const content of ['is a<b and needle>d', 'an e-mail_address', 'https://taar.app/x?y=1'])
      await sendText(asha, chatId, content);
    expect(await found(asha, 'needle')).toEqual(['is a<b and needle>d']);
    expect(await found(asha, 'e-ma')).toEqual(['an e-mail_address']);
    expect(await found(asha, 'address')).toEqual(['an e-mail_address']);
    for (const q of ['taar.a', 'https://taar.app/x', 'https://taar.app/x?y=1'])
      expect(await found(asha, q)).toEqual(['https://taar.app/x?y=1']);
  });

  test.each(['%', '_', '\\', '*', "' | 'x", ':*', '!mango', "a'b:*&|!()", '<->', '😀', '"'])(
    'the search for %j treats it as text',
    async (q) => {
      const { asha, chatId } = await chat.twoFriends();
      await sendText(asha, chatId, 'something else');
      expect(await found(asha, q)).toEqual([]);
    },
  );

  test('an empty or too long search is refused', async () => {
    const { asha } = await chat.twoFriends();
    for (const q of ['', '\u200B', 'x'.repeat(201)])
      expect((await asha.call(chatRest.searchMessages, { q })).status).toBe(400);
  });

  test('a search finds messages visible to the caller, in all their chats', async () => {
    const { owner, member, stranger, chatId } = await aGroupWithRoles(chat);
    const direct = await chat.twoFriends();
    await sendText(direct.asha, direct.chatId, 'needle in another chat');
    const place = { chatId, messageId: (await sendText(owner, chatId, 'needle deleted')).id };
    await owner.call(chatRest.deleteMessage, { ...place, scope: 'everyone' });
    const hidden = await sendText(owner, chatId, 'needle hidden');
    await member.call(chatRest.deleteMessage, { chatId, messageId: hidden.id });
    await sendText(owner, chatId, 'needle seen');
    await removeSilently(chat, chatId, member.userId);
    await sendText(owner, chatId, 'needle after');

    expect(await found(member, 'needle')).toEqual(['needle seen']);
    expect(await found(stranger, 'needle')).toEqual([]);
    const foreign = await stranger.call(chatRest.searchMessages, { q: 'needle', chatId });
    expect(foreign.body).toMatchObject({ code: 'chat_not_found' });

    await aBlock(chat.admin, { id: direct.biren.userId }, { id: direct.asha.userId });
    await sendText(direct.asha, direct.chatId, 'needle withheld');
    expect(await found(direct.biren, 'needle')).toEqual(['needle in another chat']);
  });

  test('a search can be narrowed to a chat, a sender and a type', async () => {
    const { owner, member, chatId } = await aGroupWithRoles(chat);
    const other = await aGroupWithRoles(chat);
    const media = await aMedia(chat.admin, { id: owner.userId });
    await sendText(owner, chatId, 'trip by owner');
    await sendText(member, chatId, 'trip by member');
    await owner.call(
      chatRest.sendMessage,
      messageWith(chatId, {
        messageType: 'image',
        mediaId: media.id,
        content: 'trip in a picture',
      }),
    );
    await sendText(other.owner, other.chatId, 'trip elsewhere');
    expect(await found(owner, 'trip', { from: member.userId })).toEqual(['trip by member']);
    expect(await found(owner, 'trip', { type: 'image' })).toEqual(['trip in a picture']);
    expect(await found(owner, 'trip', { chatId })).toHaveLength(3);
  });

  test('a cursor continues a search under the same filters only', async () => {
    const { asha, chatId } = await chat.twoFriends();
    for (let n = 1; n <= 5; n++) await sendText(asha, chatId, `word ${n}`);
    const contents: (string | null)[] = [];
    const otherStatuses: number[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await search(asha, { q: 'word', limit: 2, ...(cursor && { cursor }) });
      contents.push(...page.items.map(({ content }) => content));
      cursor = page.nextCursor;
      if (cursor === null) continue;
      const other = await asha.call(chatRest.searchMessages, { q: 'other', cursor });
      otherStatuses.push(other.status);
    }
    expect(otherStatuses).toEqual([400, 400]);
    expect(contents).toEqual(['word 5', 'word 4', 'word 3', 'word 2', 'word 1']);
  });

  test('a search uses the index of words', async () => {
    const [plan] = await chat.admin.$transaction(async (tx) => {
      await tx.$executeRaw`SET LOCAL enable_seqscan = off`;
      return tx.$queryRaw<unknown[]>`
        EXPLAIN (FORMAT JSON)
        SELECT 1
        FROM messages message
        WHERE ${wordsOf(Prisma.sql`message.content`)} @@ 'needle'::tsquery`;
    });
    expect(JSON.stringify(plan)).toContain('"Index Name":"messages_words"');
  });
});
