import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type Chat, chatRest } from '@taar/contracts';
import { aBlock, aDirectChat, aGroup, aMessage, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { listChats } from '../src/chats/list-chats.ts';
import { createTotals } from '../src/core/totals.ts';
import { text } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const db = chat.admin;

type Query = { cursor?: string; limit?: number; archived?: boolean; filter?: 'unread' | 'groups' };
const list = async (person: Person, query: Query = {}) =>
  (await person.call(chatRest.listChats, query)).body;
const idsOf = ({ items }: { items: Chat[] }) => items.map(({ id }) => id);
const send = (sender: Person, chatId: string, content = 'hello') =>
  sender.call(chatRest.sendMessage, text(chatId, content));
const updateMy = (person: Person, chatId: string, my: object) =>
  person.call(chatRest.updateChat, { chatId, my });

/** The same cursor with a time that is none. */
const forged = (cursor: string) => {
  const [hash, , ...key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
  return Buffer.from(JSON.stringify([hash, 'yesterday', ...key])).toString('base64url');
};

/** A user with direct chats, oldest first, each with one message of the peer. */
const withFriends = async (count: number) => {
  const user = await aUser(db);
  const friends = await Promise.all(Array.from({ length: count }, () => aUser(db)));
  const chats: string[] = [];
  for (const friend of friends) {
    const { id } = await aDirectChat(db, user, friend);
    await aMessage(db, { id }, friend);
    chats.push(id);
  }
  return { asha: chat.as(user), friends, chats };
};

describe('GET /chats', () => {
  test('pinned chats come first, then the latest, with unread count and last message', async () => {
    const { asha, friends, chats } = await withFriends(4);
    await updateMy(asha, chats[0]!, { pinned: true });
    await send(chat.as(friends[1]!), chats[1]!, 'newest');

    const { items, totals } = await list(asha);

    expect(items.map(({ id }) => id)).toEqual([chats[0], chats[1], chats[3], chats[2]]);
    expect(items[1]).toMatchObject({
      lastMessage: { content: 'newest', senderId: friends[1]!.id },
      my: { unreadCount: 2 },
      peer: { id: friends[1]!.id },
    });
    expect(totals).toEqual({ unreadChats: 4, unreadMessages: 5 });
  });

  test('totals leave out muted and archived chats and stand on the first page only', async () => {
    const { asha, chats } = await withFriends(4);
    await updateMy(asha, chats[0]!, { mutedUntil: 'forever' });
    await updateMy(asha, chats[1]!, { archived: true });
    await updateMy(asha, chats[2]!, { mutedUntil: '2020-01-01T00:00:00.000Z' });

    const first = await list(asha, { limit: 1 });
    const second = await list(asha, { limit: 1, cursor: first.nextCursor! });

    expect(first.totals).toEqual({ unreadChats: 2, unreadMessages: 2 });
    expect(second).not.toHaveProperty('totals');
  });

  test('chats are filtered by kind, unread and archive', async () => {
    const { asha, friends, chats } = await withFriends(3);
    const group = await aGroup(db, { owner: friends[0]!, members: [{ id: asha.userId }] });
    await asha.call(chatRest.markRead, { chatId: chats[0]!, upToSeq: 1 });
    await updateMy(asha, chats[1]!, { archived: true });
    await updateMy(asha, group.id, { markedUnread: true });

    expect(idsOf(await list(asha, { filter: 'groups' }))).toEqual([group.id]);
    expect(idsOf(await list(asha, { filter: 'unread' })).toSorted()).toEqual(
      [group.id, chats[2]].toSorted(),
    );
    expect(idsOf(await list(asha, { archived: true }))).toEqual([chats[1]]);
  });

  test('pages hold every chat once, even with equal times and pinned chats', async () => {
    const { asha, chats } = await withFriends(23);
    await db.$executeRaw`UPDATE chats SET last_message_at = now() WHERE id = ANY(${chats}::uuid[])`;
    for (const id of [chats[3]!, chats[9]!]) await updateMy(asha, id, { pinned: true });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await list(asha, { limit: 5, ...(cursor && { cursor }) });
      seen.push(...idsOf(page));
      cursor = page.nextCursor;
    } while (cursor);

    expect(seen.slice(0, 2)).toEqual([chats[9], chats[3]]);
    expect(seen.toSorted()).toEqual(chats.toSorted());
  });

  test('a cursor of another filter, or that the server did not make, is refused', async () => {
    const { asha } = await withFriends(2);
    const { nextCursor } = await list(asha, { limit: 1 });

    const answers = await Promise.all([
      asha.call(chatRest.listChats, { cursor: nextCursor!, filter: 'groups' }),
      asha.call(chatRest.listChats, { cursor: forged(nextCursor!) }),
      asha.call(chatRest.listChats, { cursor: 'nonsense' }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
  });

  test('a message withheld by a block moves the chat for its sender alone', async () => {
    const { asha, friends, chats } = await withFriends(2);
    const [friend] = friends;
    const sender = chat.as(friend!);
    await aDirectChat(db, friend!, friends[1]!).then(({ id }) => aMessage(db, { id }, friends[1]!));
    await aBlock(db, { id: asha.userId }, friend!);
    const before = await list(asha);

    await send(sender, chats[0]!, 'can you hear me?');

    expect((await list(asha)).items).toMatchObject(
      before.items.map(({ id, lastActivityAt, lastMessage, my }) => ({
        id,
        lastActivityAt,
        lastMessage,
        my,
      })),
    );
    const [first] = (await list(sender)).items;
    expect(first).toMatchObject({ id: chats[0], lastMessage: { content: 'can you hear me?' } });
  });

  test('a message withheld by a block stays undelivered when the blocker reads on', async () => {
    const { asha, friends, chats } = await withFriends(1);
    const [chatId, sender] = [chats[0]!, chat.as(friends[0]!)];
    await aBlock(db, { id: asha.userId }, friends[0]!);
    const { body } = await send(sender, chatId);

    await asha.call(chatRest.markRead, { chatId, upToSeq: 2 });

    const [seen] = (await list(sender)).items;
    expect(seen!.receipts).toEqual({ deliveredToAllUpToSeq: 1, readByAllUpToSeq: 1 });
    const receipts = await sender.call(chatRest.listReceipts, { chatId, messageId: body.id });
    expect(receipts.body).toMatchObject({
      delivered: [],
      read: [],
      pending: [{ id: asha.userId }],
    });
  });

  test('a message withheld by a block does not bring back a deleted chat', async () => {
    const { asha, friends, chats } = await withFriends(1);
    await asha.call(chatRest.deleteChat, { chatId: chats[0]! });
    await aBlock(db, { id: asha.userId }, friends[0]!);
    await send(chat.as(friends[0]!), chats[0]!);

    expect((await list(asha)).items).toEqual([]);
  });

  test('a chat that the caller left stays in its place and shows nothing newer', async () => {
    const { asha, friends } = await withFriends(0);
    const owner = await aUser(db);
    const group = await aGroup(db, { owner, members: [{ id: asha.userId }] });
    await asha.call(chatRest.removeMember, { chatId: group.id, userId: asha.userId });
    const before = (await list(asha)).items;
    await send(chat.as(owner), group.id, 'after');

    expect(friends).toEqual([]);
    expect((await list(asha)).items).toEqual(before);
    expect(before).toMatchObject([{ lastSeq: 1, my: { membership: 'left', leftSeq: 1 } }]);
  });

  test('a page costs one statement for any number of chats, and one for the totals', async () => {
    const { asha } = await withFriends(30);
    let statements = 0;
    const counted = {
      $queryRaw: (...query: Parameters<typeof db.$queryRaw>) => {
        statements += 1;
        return db.$queryRaw(...query);
      },
    } as typeof db;
    const deps = { db: counted, totals: createTotals(counted) };
    const actor = { userId: asha.userId, sessionId: randomUUID(), deviceId: randomUUID() };

    const first = await listChats(deps, actor, { limit: 20 });
    expect([first.items.length, statements]).toEqual([20, 2]);
    await listChats(deps, actor, { limit: 20, cursor: first.nextCursor! });
    expect(statements).toBe(3);
  });
});
