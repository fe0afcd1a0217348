import { describe, expect, test } from '@jest/globals';
import { type Input, chatRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { aBlock, aMedia } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { wordsOf } from '../src/messages/search-messages.ts';
import { aFamily, body, say, takeOut } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();

type Query = Input<typeof chatRest.searchMessages>;
const search = async (who: Person, query: Query) =>
  (await who.call(chatRest.searchMessages, query)).body;
const found = async (who: Person, q: string, more: Partial<Query> = {}) =>
  (await search(who, { q, ...more })).items.map(({ content }) => content);

describe('GET /chats/search', () => {
  test('finds words and beginnings of the last one, the newest first', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    for (const content of ['Mango chutney', 'mangoes and rice', 'নমস্কার বন্ধু', 'rice'])
      await say(asha, chatId, content);
    expect(await found(biren, 'MANGO')).toEqual(['mangoes and rice', 'Mango chutney']);
    expect(await found(biren, 'rice man')).toEqual(['mangoes and rice']);
    expect(await found(biren, 'নমস্কার')).toEqual(['নমস্কার বন্ধু']);
    expect(await found(biren, 'ango')).toEqual([]);
  });

  test('finds what stands beside brackets, and words of a compound by their beginnings', async () => {
    const { asha, chatId } = await chat.twoFriends();
    for (const content of ['is a<b and needle>d', 'an e-mail_address', 'https://taar.app/x?y=1'])
      await say(asha, chatId, content);
    expect(await found(asha, 'needle')).toEqual(['is a<b and needle>d']);
    expect(await found(asha, 'e-ma')).toEqual(['an e-mail_address']);
    expect(await found(asha, 'address')).toEqual(['an e-mail_address']);
    for (const q of ['taar.a', 'https://taar.app/x', 'https://taar.app/x?y=1'])
      expect(await found(asha, q)).toEqual(['https://taar.app/x?y=1']);
  });

  test.each(['%', '_', '\\', '*', "' | 'x", ':*', '!mango', "a'b:*&|!()", '<->', '😀', '"'])(
    'takes %j as it stands',
    async (q) => {
      const { asha, chatId } = await chat.twoFriends();
      await say(asha, chatId, 'something else');
      expect(await found(asha, q)).toEqual([]);
    },
  );

  test('refuses nothing to look for, and too much', async () => {
    const { asha } = await chat.twoFriends();
    for (const q of ['', '\u200B', 'x'.repeat(201)])
      expect((await asha.call(chatRest.searchMessages, { q })).status).toBe(400);
  });

  test('shows only what I see, wherever I am a member', async () => {
    const { owner, member, stranger, chatId } = await aFamily(chat);
    const direct = await chat.twoFriends();
    await say(direct.asha, direct.chatId, 'needle in another chat');
    const place = { chatId, messageId: (await say(owner, chatId, 'needle deleted')).id };
    await owner.call(chatRest.deleteMessage, { ...place, scope: 'everyone' });
    const hidden = await say(owner, chatId, 'needle hidden');
    await member.call(chatRest.deleteMessage, { chatId, messageId: hidden.id });
    await say(owner, chatId, 'needle seen');
    await takeOut(chat, chatId, member.userId);
    await say(owner, chatId, 'needle after');

    expect(await found(member, 'needle')).toEqual(['needle seen']);
    expect(await found(stranger, 'needle')).toEqual([]);
    const foreign = await stranger.call(chatRest.searchMessages, { q: 'needle', chatId });
    expect(foreign.body).toMatchObject({ code: 'chat_not_found' });

    await aBlock(chat.admin, { id: direct.biren.userId }, { id: direct.asha.userId });
    await say(direct.asha, direct.chatId, 'needle swallowed');
    expect(await found(direct.biren, 'needle')).toEqual(['needle in another chat']);
  });

  test('narrows to a chat, a sender and a type', async () => {
    const { owner, member, chatId } = await aFamily(chat);
    const other = await aFamily(chat);
    const media = await aMedia(chat.admin, { id: owner.userId });
    await say(owner, chatId, 'trip by owner');
    await say(member, chatId, 'trip by member');
    await owner.call(
      chatRest.sendMessage,
      body(chatId, { messageType: 'image', mediaId: media.id, content: 'trip in a picture' }),
    );
    await say(other.owner, other.chatId, 'trip elsewhere');
    expect(await found(owner, 'trip', { from: member.userId })).toEqual(['trip by member']);
    expect(await found(owner, 'trip', { type: 'image' })).toEqual(['trip in a picture']);
    expect(await found(owner, 'trip', { chatId })).toHaveLength(3);
  });

  test('goes on where a page ended, under the same filters only', async () => {
    const { asha, chatId } = await chat.twoFriends();
    for (let n = 1; n <= 5; n++) await say(asha, chatId, `word ${n}`);
    const contents: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const page = await search(asha, { q: 'word', limit: 2, ...(cursor && { cursor }) });
      contents.push(...page.items.map(({ content }) => content));
      cursor = page.nextCursor;
      if (cursor) {
        const other = await asha.call(chatRest.searchMessages, { q: 'other', cursor });
        expect(other.status).toBe(400);
      }
    } while (cursor);
    expect(contents).toEqual(['word 5', 'word 4', 'word 3', 'word 2', 'word 1']);
  });

  test('looks words up in their index', async () => {
    const [plan] = await chat.admin.$transaction(async (tx) => {
      await tx.$executeRaw`SET LOCAL enable_seqscan = off`;
      return tx.$queryRaw<unknown[]>`EXPLAIN (FORMAT JSON)
        SELECT 1 FROM messages m WHERE ${wordsOf(Prisma.sql`m.content`)} @@ 'needle'::tsquery`;
    });
    expect(JSON.stringify(plan)).toContain('"Index Name":"messages_words"');
  });
});
