import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { startChat } from './start.ts';

const { admin, as } = await startChat();

const myOf = async (person: Person, chatId: string) =>
  (await person.call(chatRest.getChat, { chatId })).body.my;

test('mentions of the caller are counted separately until they are read', async () => {
  const [owner, member, other] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  const { id: chatId } = await aGroup(admin, { owner, members: [member, other] });
  const mention = (...mentions: string[]) =>
    as(owner).call(chatRest.sendMessage, {
      chatId,
      clientMessageId: randomUUID(),
      content: 'hello',
      mentions,
    });
  const person = as(member);

  await mention();
  await mention(member.id);
  await mention(other.id);
  await mention(other.id, member.id);

  expect(await myOf(person, chatId)).toMatchObject({ unreadCount: 4, mentionCount: 2 });
  await person.call(chatRest.markRead, { chatId, upToSeq: 2 });
  expect(await myOf(person, chatId)).toMatchObject({ unreadCount: 2, mentionCount: 1 });
});

test.each([
  [999, 999],
  [1_000, 999],
])('of %i unread messages %i are counted', async (count, shown) => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  await admin.$executeRaw`
    INSERT INTO messages (
      id, chat_id, sender_id, seq, change_seq, client_message_id, payload_hash, content
    )
    SELECT gen_random_uuid(), ${chatId}::uuid, ${asha.id}::uuid, number, number,
      gen_random_uuid(), '\\x00', 'hello'
    FROM generate_series(1, ${count}::int) number`;
  const numbers = { lastSeq: BigInt(count), changeSeq: BigInt(count) };
  await admin.chat.update({ where: { id: chatId }, data: numbers });

  expect(await myOf(as(biren), chatId)).toMatchObject({ unreadCount: shown });
});

test('a chat marked as unread stays so on every device until it is read', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  const otherDevice = await as(biren).connect();

  await as(biren).call(chatRest.updateChat, { chatId, my: { markedUnread: true } });
  await otherDevice.next('my_state_updated');
  expect(await myOf(as(biren), chatId)).toMatchObject({ markedUnread: true, unreadCount: 0 });
  await otherDevice.ask('message_read', { chatId, upToSeq: 0 });

  expect(await myOf(as(biren), chatId)).toMatchObject({ markedUnread: false });
});
