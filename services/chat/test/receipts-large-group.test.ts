import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aGroup, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { sendText } from './messages.ts';
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

const read = (person: Person, chatId: string, upToSeq: number) =>
  person.call(chatRest.markRead, { chatId, upToSeq });

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

  test('in a large group the author sees each reader, and others get a summary', async () => {
    const [owner, reader, quiet] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
    const { id: chatId } = await aGroup(
      admin,
      { owner: owner, members: [reader, quiet] },
      { memberCount: 65 },
    );
    await sendText(as(owner), chatId, 'hello');
    const [author, bystander] = await Promise.all([as(owner).connect(), as(quiet).connect()]);

    await read(as(reader), chatId, 1);

    expect(await author.next('message_read')).toMatchObject({ userId: reader.id, upToSeq: 1 });
    expect(await bystander.next('receipt_summary')).toMatchObject({ readByAllUpToSeq: 0 });
    expect(bystander.seen('message_read')).toEqual([]);
  });

  test('in a large group an author who was removed receives no read', async () => {
    const [owner, reader, removed] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
    const { id: chatId } = await aGroup(
      admin,
      { owner, members: [reader, removed] },
      { memberCount: 66 },
    );
    await sendText(as(removed), chatId, 'hello');
    await sendText(as(owner), chatId, 'hello');
    const [ownersPhone, removedPhone] = await Promise.all([
      as(owner).connect(),
      as(removed).connect(),
    ]);
    await as(owner).call(chatRest.removeMember, { chatId, userId: removed.id });

    await read(as(reader), chatId, 2);

    expect(await ownersPhone.next('message_read')).toMatchObject({ userId: reader.id, upToSeq: 2 });
    await removedPhone.ask('message_received', { chatId, upToSeq: 1 });
    expect(removedPhone.seen('message_read')).toEqual([]);
    expect(removedPhone.seen('receipt_summary')).toEqual([]);
  });

  test('in a large group a read of many messages is emitted to the last author alone', async () => {
    const [owner, reader, early] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
    const { id: chatId } = await aGroup(
      admin,
      { owner, members: [reader, early] },
      { memberCount: 65, lastSeq: 3_001, changeSeq: 3_001 },
    );
    await admin.$executeRaw`
      INSERT INTO messages (chat_id, sender_id, seq, change_seq, content)
      SELECT ${chatId}::uuid,
        CASE WHEN number < 2000 THEN ${early.id}::uuid ELSE ${owner.id}::uuid END,
        number, number, 'x'
      FROM generate_series(1, 3001) number`;
    const [lastAuthor, earlyAuthor] = await Promise.all([as(owner).connect(), as(early).connect()]);

    await read(as(reader), chatId, 3_001);

    expect(await lastAuthor.next('message_read')).toMatchObject({
      userId: reader.id,
      upToSeq: 3_001,
    });
    await earlyAuthor.next('receipt_summary');
    expect(earlyAuthor.seen('message_read')).toEqual([]);
  });
});
