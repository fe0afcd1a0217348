import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock, aGroup, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { startChat } from './start.ts';

const chat = await startChat(2);
const { admin, as } = chat;

const send = async (person: Person, chatId: string, times = 1) => {
  for (let i = 0; i < times; i++)
    await person.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: randomUUID(),
      content: `${i}`,
    });
};
const myChat = async (person: Person, chatId: string) => {
  const { body } = await person.call(chatRest.listChats, {});
  return body.items.find(({ id }) => id === chatId)!;
};
const read = (person: Person, chatId: string, upToSeq: number) =>
  person.call(chatRest.markRead, { chatId, upToSeq });

describe('message_read', () => {
  test('a read of a backlog is one step for the sender and the reader’s devices', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await send(asha, chatId, 20);
    const [sender, otherDevice] = await Promise.all([
      asha.connect(),
      as({ id: biren.userId }).connect(),
    ]);

    const { body } = await read(biren, chatId, 20);

    expect(body).toEqual({ lastReadSeq: 20, unreadCount: 0, totalUnread: 0 });
    const receipt = { chatId, userId: biren.userId, upToSeq: 20, deliveredUpToSeq: 20 };
    expect(await sender.next('message_read')).toMatchObject(receipt);
    expect(await otherDevice.next('message_read')).toMatchObject({ ...receipt, unreadCount: 0 });
    const steps = await admin.messageReceipt.findMany({ where: { chatId } });
    expect(steps.map(({ kind, upToSeq }) => [kind, Number(upToSeq)]).sort()).toEqual([
      ['d', 20],
      ['r', 20],
    ]);
    expect((await myChat(asha, chatId)).receipts).toEqual({
      deliveredToAllUpToSeq: 20,
      readByAllUpToSeq: 20,
    });
  });

  test('the read watermark never goes back and never exceeds the last message', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await send(asha, chatId, 5);

    await Promise.all([3, 1, 4, 2, 999].map((upTo) => read(biren, chatId, upTo)));
    const phone = await biren.connect();
    await phone.ask('message_read', { chatId, upToSeq: 2 });

    expect((await myChat(biren, chatId)).my).toMatchObject({ lastReadSeq: 5, lastDeliveredSeq: 5 });
  });

  test('a read can name a message of the chat in place of a position', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const other = await chat.twoFriends();
    await send(asha, chatId, 2);
    const { body } = await asha.call(chatRest.listMessages, { chatId });
    const messageId = body.items[0]!.id;

    expect((await biren.call(chatRest.markRead, { chatId, messageId })).body.lastReadSeq).toBe(1);
    expect((await biren.call(chatRest.markRead, { chatId, messageId: randomUUID() })).status).toBe(
      404,
    );
    expect((await other.biren.call(chatRest.markRead, { chatId, messageId })).status).toBe(404);
    expect((await biren.call(chatRest.markRead, { chatId })).status).toBe(400);
  });
});

describe('message_received', () => {
  test('a delivery reaches the sender as delivered and not as read', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await send(asha, chatId, 3);
    const [sender, phone] = await Promise.all([asha.connect(), biren.connect()]);

    await phone.ask('message_received', {
      items: [
        { chatId, upToSeq: 2 },
        { chatId, upToSeq: 3 },
      ],
    });

    expect(await sender.next('message_read')).toMatchObject({ upToSeq: 0, deliveredUpToSeq: 3 });
    expect((await myChat(asha, chatId)).receipts).toEqual({
      deliveredToAllUpToSeq: 3,
      readByAllUpToSeq: 0,
    });
    expect((await myChat(biren, chatId)).my).toMatchObject({ lastDeliveredSeq: 3, unreadCount: 3 });
  });
});

describe('a push attempt', () => {
  test('a push is confirmed when its own device reports the message', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await send(asha, chatId, 2);
    const phone = await biren.connect();
    const { id: sessionId } = await biren.session();
    const { id: other } = await as({ id: biren.userId }).session();
    const { items } = (await biren.call(chatRest.listMessages, { chatId })).body;
    const attempt = (messageId: string, session: string) =>
      admin.pushAttempt.create({
        data: { messageId, userId: biren.userId, sessionId: session, state: 'accepted' },
      });
    const attempts = await Promise.all([
      attempt(items[0]!.id, sessionId),
      attempt(items[0]!.id, other),
      attempt(items[1]!.id, sessionId),
    ]);

    await phone.ask('message_received', { chatId, upToSeq: 1 });

    const stored = await Promise.all(
      attempts.map(({ id }) => admin.pushAttempt.findUniqueOrThrow({ where: { id } })),
    );
    expect(stored.map(({ state }) => state)).toEqual(['device_ack', 'accepted', 'accepted']);
  });
});

describe('the privacy of receipts', () => {
  test.each(['reader', 'sender'])(
    'no read is visible in a direct chat while the %s has receipts off',
    async (who) => {
      const { asha, biren, chatId } = await chat.twoFriends();
      const userId = who === 'reader' ? biren.userId : asha.userId;
      await admin.userSettings.create({ data: { userId, readReceipts: false } });
      await send(asha, chatId);
      const sender = await asha.connect();

      const { body } = await read(biren, chatId, 1);

      expect(body.unreadCount).toBe(0);
      expect(await sender.next('message_read')).toMatchObject({ upToSeq: 0, deliveredUpToSeq: 1 });
      expect((await myChat(asha, chatId)).receipts).toEqual({
        deliveredToAllUpToSeq: 1,
        readByAllUpToSeq: 0,
      });
      const history = await asha.call(chatRest.listMessages, { chatId });
      const messageId = history.body.items[0]!.id;
      const receipts = await asha.call(chatRest.listReceipts, { chatId, messageId });
      expect(receipts.body).toMatchObject({
        delivered: [{ user: { id: biren.userId } }],
        read: [],
      });
    },
  );

  test('a read is visible in a group although the reader has receipts off', async () => {
    const [owner, member] = await Promise.all([aUser(admin), aUser(admin)]);
    await admin.userSettings.create({ data: { userId: member.id, readReceipts: false } });
    const { id: chatId } = await aGroup(admin, { owner, members: [member] });
    await send(as(owner), chatId);
    const phone = await as(owner).connect();

    await read(as(member), chatId, 1);

    expect(await phone.next('message_read')).toMatchObject({ userId: member.id, upToSeq: 1 });
  });

  test('no receipt crosses a block', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await send(asha, chatId);
    await aBlock(admin, { id: asha.userId }, { id: biren.userId });
    const phone = await asha.connect();

    await read(biren, chatId, 1);
    await phone.ask('message_read', { chatId, upToSeq: 1 });

    expect(phone.seen('message_read').filter(({ userId }) => userId === biren.userId)).toEqual([]);
  });
});

describe('GET /chats/:chatId/messages/:messageId/receipts', () => {
  test('the sender alone sees who read a message and when, from one row a step', async () => {
    const [owner, ...members] = await Promise.all(Array.from({ length: 5 }, () => aUser(admin)));
    const { id: chatId } = await aGroup(admin, { owner: owner!, members });
    await send(as(owner!), chatId, 10);
    const [first, second, third] = members.map((member) => as(member));
    await read(first!, chatId, 4);
    await read(first!, chatId, 10);
    await read(second!, chatId, 10);
    const phone = await third!.connect();
    await phone.ask('message_received', { chatId, upToSeq: 10 });

    const { items } = (await as(owner!).call(chatRest.listMessages, { chatId })).body;
    const messageId = items[6]!.id;
    const { body } = await as(owner!).call(chatRest.listReceipts, { chatId, messageId });

    const ids = (list: { user: { id: string } }[]) => list.map(({ user }) => user.id).sort();
    expect(ids(body.read)).toEqual([first!.userId, second!.userId].sort());
    expect(ids(body.delivered)).toEqual([first!.userId, second!.userId, third!.userId].sort());
    expect(body.pending.map(({ id }) => id)).toEqual([members[3]!.id]);
    const step = await admin.messageReceipt.findFirstOrThrow({
      where: { chatId, userId: first!.userId, kind: 'r', upToSeq: 10n },
    });
    expect(body.read.find(({ user }) => user.id === first!.userId)?.at).toBe(step.at.toISOString());
    expect(await admin.messageReceipt.count({ where: { chatId, kind: 'r' } })).toBe(3);
    expect((await first!.call(chatRest.listReceipts, { chatId, messageId })).status).toBe(403);
  });
});

test('the delivered watermark never goes back and never exceeds the last message', async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  for (let i = 0; i < 5; i++)
    await asha.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: randomUUID(),
      content: `${i}`,
    });
  const phones = await Promise.all(
    chat.nodes.map((node) => node.as({ id: biren.userId }).connect()),
  );

  await Promise.all(
    [3, 1, 4, 2, 999].map((upToSeq, i) =>
      phones[i % 2]!.ask('message_received', { chatId, upToSeq }),
    ),
  );
  await phones[0]!.ask('message_received', { chatId, upToSeq: 2 });

  const { my } = (await biren.call(chatRest.getChat, { chatId })).body;
  expect(my).toMatchObject({ lastDeliveredSeq: 5, lastReadSeq: 0, unreadCount: 5 });
});
