import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { startChat } from './start.ts';

const { admin, as } = await startChat();

const my = async (person: Person, chatId: string) =>
  (await person.call(chatRest.getChat, { chatId })).body.my;

test('mentions of me are counted apart, until they are read', async () => {
  const [owner, member, other] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  const { id: chatId } = await aGroup(admin, { owner, members: [member, other] });
  const say = (mentions: string[]) =>
    as(owner).call(chatRest.sendMessage, {
      chatId,
      clientMessageId: randomUUID(),
      content: 'hello',
      mentions,
    });
  const me = as(member);

  await say([]);
  await say([member.id]);
  await say([other.id]);
  await say([other.id, member.id]);

  expect(await my(me, chatId)).toMatchObject({ unreadCount: 4, mentionCount: 2 });
  await me.call(chatRest.markRead, { chatId, upToSeq: 2 });
  expect(await my(me, chatId)).toMatchObject({ unreadCount: 2, mentionCount: 1 });
});

test.each([
  [999, 999],
  [1_000, 999],
])('of %i unread messages %i are counted', async (count, shown) => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  await admin.$executeRaw`
    INSERT INTO messages (id, chat_id, sender_id, seq, change_seq, client_message_id, payload_hash, content)
    SELECT gen_random_uuid(), ${chatId}::uuid, ${asha.id}::uuid, n, n, gen_random_uuid(), '\\x00', 'hello'
    FROM generate_series(1, ${count}::int) n`;
  const numbers = { lastSeq: BigInt(count), changeSeq: BigInt(count) };
  await admin.chat.update({ where: { id: chatId }, data: numbers });

  expect(await my(as(biren), chatId)).toMatchObject({ unreadCount: shown });
});

test('a chat that I marked as unread is so until I read it, on every device', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  const other = await as(biren).connect();

  await as(biren).call(chatRest.updateChat, { chatId, my: { markedUnread: true } });
  await other.next('my_state_updated');
  expect(await my(as(biren), chatId)).toMatchObject({ markedUnread: true, unreadCount: 0 });
  await other.ask('message_read', { chatId, upToSeq: 0 });

  expect(await my(as(biren), chatId)).toMatchObject({ markedUnread: false });
});
