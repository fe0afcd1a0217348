import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aGroup, aUser } from '@taar/testing/factories';
import { startChat } from './start.ts';

const chat = await startChat(2);
const { admin, as } = chat;
const [first, second] = [chat.nodes[0]!, chat.nodes[1]!];

/** A group with this member count and few actual members, and one message of the owner. */
const aLargeGroup = async (memberCount: number, members = 1) => {
  const [owner, quiet, ...others] = await Promise.all(
    Array.from({ length: 2 + members }, () => aUser(admin)),
  );
  const all = { owner: owner!, members: [quiet!, ...others] };
  const { id: chatId } = await aGroup(admin, all, { memberCount });
  const message = { chatId, clientMessageId: randomUUID(), content: 'hello' };
  await as(owner!).call(chatRest.sendMessage, message);
  return {
    chatId,
    author: await first.as(owner!).connect(),
    bystander: await second.as(quiet!).connect(),
    readers: others.map((user) => first.as(user)),
  };
};

describe('a read in a group', () => {
  test('a read in a group of 64 is emitted to every member', async () => {
    const { chatId, author, bystander, readers } = await aLargeGroup(64);

    await readers[0]!.call(chatRest.markRead, { chatId, upToSeq: 1 });

    for (const phone of [author, bystander])
      expect(await phone.next('message_read')).toMatchObject({
        userId: readers[0]!.userId,
        upToSeq: 1,
      });
    await bystander.ask('leave_chat', { chatId });
    expect(bystander.seen('receipt_summary')).toEqual([]);
  });

  test('a read in a group of 65 reaches author and viewers, and others get a summary', async () => {
    const { chatId, author, bystander, readers } = await aLargeGroup(65, 2);
    const [viewer, reader] = readers;
    const viewersPhone = await viewer!.connect();
    await viewersPhone.ask('join_chat', { chatId });

    await reader!.call(chatRest.markRead, { chatId, upToSeq: 1 });

    for (const phone of [author, viewersPhone])
      expect(await phone.next('message_read')).toMatchObject({ userId: reader!.userId });
    expect(await bystander.next('receipt_summary')).toMatchObject({ chatId });
    expect(bystander.seen('message_read')).toEqual([]);
  });

  test('reads within a second are one summary', async () => {
    const { chatId, author, bystander, readers } = await aLargeGroup(65, 5);

    await Promise.all(
      readers.map((reader) => reader.call(chatRest.markRead, { chatId, upToSeq: 1 })),
    );

    for (const { userId } of readers)
      await author.next('message_read', (receipt) => receipt.userId === userId);
    await bystander.next('receipt_summary');
    await bystander.ask('leave_chat', { chatId });
    expect(bystander.seen('receipt_summary')).toHaveLength(1);
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
    [first, second].map((node) => node.as({ id: biren.userId }).connect()),
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
