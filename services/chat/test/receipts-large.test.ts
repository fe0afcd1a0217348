import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aGroup, aUser } from '@taar/testing/factories';
import { startChat } from './start.ts';

const chat = await startChat(2);
const { admin, as } = chat;
const [one, two] = [chat.nodes[0]!, chat.nodes[1]!];

/** A group that counts so many members, of whom these few are there; the owner has written. */
const aCrowd = async (memberCount: number, members = 1) => {
  const [owner, quiet, ...others] = await Promise.all(
    Array.from({ length: 2 + members }, () => aUser(admin)),
  );
  const all = { owner: owner!, members: [quiet!, ...others] };
  const { id: chatId } = await aGroup(admin, all, { memberCount });
  const message = { chatId, clientMessageId: randomUUID(), content: 'hello' };
  await as(owner!).call(chatRest.sendMessage, message);
  return {
    chatId,
    author: await one.as(owner!).connect(),
    bystander: await two.as(quiet!).connect(),
    readers: others.map((user) => one.as(user)),
  };
};

describe('who reads in a group', () => {
  test('of 64 is told to everyone, at once', async () => {
    const { chatId, author, bystander, readers } = await aCrowd(64);

    await readers[0]!.call(chatRest.markRead, { chatId, upToSeq: 1 });

    for (const phone of [author, bystander])
      expect(await phone.next('message_read')).toMatchObject({
        userId: readers[0]!.userId,
        upToSeq: 1,
      });
    await bystander.ask('leave_chat', { chatId });
    expect(bystander.seen('receipt_summary')).toEqual([]);
  });

  test('of 65 is told to the author and to those who look at it; the others get a summary', async () => {
    const { chatId, author, bystander, readers } = await aCrowd(65, 2);
    const [viewer, reader] = readers;
    const looking = await viewer!.connect();
    await looking.ask('join_chat', { chatId });

    await reader!.call(chatRest.markRead, { chatId, upToSeq: 1 });

    for (const phone of [author, looking])
      expect(await phone.next('message_read')).toMatchObject({ userId: reader!.userId });
    expect(await bystander.next('receipt_summary')).toMatchObject({ chatId });
    expect(bystander.seen('message_read')).toEqual([]);
  });

  test('within one second is told together: one summary, however many read', async () => {
    const { chatId, author, bystander, readers } = await aCrowd(65, 5);

    await Promise.all(readers.map((one) => one.call(chatRest.markRead, { chatId, upToSeq: 1 })));

    for (const { userId } of readers)
      await author.next('message_read', (receipt) => receipt.userId === userId);
    await bystander.next('receipt_summary');
    await bystander.ask('leave_chat', { chatId });
    expect(bystander.seen('receipt_summary')).toHaveLength(1);
  });
});

test('T-E1 what a device has never goes back, and never past what there is', async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  for (let i = 0; i < 5; i++)
    await asha.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: randomUUID(),
      content: `${i}`,
    });
  const phones = await Promise.all(
    [one, two].map((node) => node.as({ id: biren.userId }).connect()),
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
