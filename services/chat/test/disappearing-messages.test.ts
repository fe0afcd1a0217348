import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aDirectChat, aUser } from '@taar/testing/factories';
import { overdueChats, sweepExpired } from '../src/messages/sweep-expired.ts';
import { sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const sweepingNode = await chat.startNode({ EXPIRY_SWEEP_SECONDS: '1' });

/** A direct chat whose messages live for a minute, with one message. */
const aTimedChat = async () => {
  const [asha, biren] = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
  const { id: chatId } = await aDirectChat(chat.admin, asha, biren);
  await chat.admin.chat.update({
    where: { id: chatId },
    data: { settings: { disappearingSeconds: 60 } },
  });
  const people = { asha: chat.as(asha), biren: chat.as(biren) };
  const message = await sendText(people.asha, chatId, 'fleeting needle');
  const expire = (at = new Date(Date.now() - 1)) =>
    chat.admin.message.update({ where: { id: message.id }, data: { expiresAt: at } });
  return { ...people, chatId, message, expire };
};

describe('a disappearing message', () => {
  test('a message states its expiry, counted from the time it was sent', async () => {
    const { message } = await aTimedChat();
    const lifetime = Date.parse(message.expiresAt!) - Date.parse(message.createdAt);
    expect(lifetime).toBe(60_000);
  });

  test('an expired message is hidden everywhere, whether it is swept yet or not', async () => {
    const { biren, chatId, message, expire } = await aTimedChat();
    const place = { chatId, messageId: message.id };
    await biren.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: place.messageId,
      content: 'answer',
      replyToId: message.id,
    });
    await biren.call(chatRest.starMessage, place);
    // The sweeper cannot lock the chat, and so cannot sweep the message.
    await chat.admin.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM chats WHERE id = ${chatId}::uuid FOR UPDATE`;
      await expire();

      const { items } = (await biren.call(chatRest.listMessages, { chatId })).body;
      expect(items[0]).toMatchObject({ content: null, changeSeq: 1, my: { starred: false } });
      expect(items[0]!.deletedAt).toBe(items[0]!.expiresAt);
      expect(items[1]!.replyTo).toMatchObject({ deleted: true, content: null });
      const search = await biren.call(chatRest.searchMessages, { q: 'needle' });
      expect(search.body.items).toEqual([]);
      const starred = await biren.call(chatRest.listStarred, {});
      expect(starred.body.items).toEqual([]);
      const chats = (await biren.call(chatRest.listChats, {})).body.items;
      expect(chats.find(({ id }) => id === chatId)!.my.unreadCount).toBe(0);
    });
  });

  test('any node turns an expired message into a tombstone, as one change', async () => {
    const { biren, chatId, message, expire } = await aTimedChat();
    const phone = await biren.connect();
    const { expiresAt } = await expire();

    const event = await phone.next('message_deleted');

    expect(event).toMatchObject({
      chatId,
      changeSeq: 2,
      message: { id: message.id, content: null },
    });
    expect(event.message.deletedAt).toBe(expiresAt!.toISOString());
    const { items, chat: head } = (await biren.call(chatRest.listMessages, { chatId })).body;
    expect(head.changeSeq).toBe(2);
    const { my: _, replyTo: __, ...seen } = items[0]!;
    expect(seen).toEqual(event.message);
    const row = await chat.admin.message.findUniqueOrThrow({ where: { id: message.id } });
    expect(row).toMatchObject({ content: null, metadata: {}, deletedBy: null });
  });
});

test('messages that expire together are numbered without a gap by any nodes', async () => {
  await chat.startNode({ EXPIRY_SWEEP_SECONDS: '1' });
  const { asha, chatId } = await aTimedChat();
  for (let n = 0; n < 20; n++) await sendText(asha, chatId, String(n));
  const phone = await sweepingNode.as({ id: asha.userId }).connect();
  await chat.admin.message.updateMany({ where: { chatId }, data: { expiresAt: new Date() } });

  await phone.next('message_deleted', ({ changeSeq }) => changeSeq === 42);

  const numbers = phone.seen('message_deleted').map(({ changeSeq }) => changeSeq);
  expect(numbers).toEqual(Array.from({ length: 21 }, (_, i) => 22 + i));
});

describe('the sweeper of expired messages', () => {
  const quiet = { publishCommits: () => undefined, logger: console as never };
  const sweep = () => sweepExpired({ ...quiet, db: chat.admin });
  /** Chats with one expired message each; the first chat's message expired first. */
  const expiredChats = async (count: number) => {
    const [asha, biren] = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
    const rows = await chat.admin.$queryRaw<{ id: string }[]>`
      WITH new_chat AS (
        INSERT INTO chats (id, is_group, last_seq, change_seq, member_count)
        SELECT gen_random_uuid(), true, 1, 1, 2
        FROM generate_series(1, ${count}::int)
        RETURNING id
      ), new_member AS (
        INSERT INTO chat_members (chat_id, user_id, joined_seq)
        SELECT new_chat.id, member_id, 1
        FROM new_chat, unnest(${[asha.id, biren.id]}::uuid[]) member_id
      )
      INSERT INTO messages (chat_id, sender_id, seq, change_seq, content, expires_at)
      SELECT id, ${asha.id}::uuid, 1, 1, 'expired',
        now() - interval '1 day' + row_number() OVER () * interval '1 s'
      FROM new_chat
      RETURNING chat_id AS id`;
    return rows.map(({ id }) => id);
  };
  const countUnswept = (ids: string[]) =>
    chat.admin.message.count({ where: { chatId: { in: ids }, content: { not: null } } });

  test('the sweeper reaches the newest expired messages past locked chats', async () => {
    const ids = await expiredChats(120);
    const locked = ids.slice(0, 100);
    await chat.admin.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM chats WHERE id = ANY(${locked}::uuid[]) FOR UPDATE`;
      await sweep();
      expect(await countUnswept(ids.slice(100))).toBe(0);
      expect(await countUnswept(locked)).toBe(100);
    });
    await sweep();
    expect(await countUnswept(locked)).toBe(0);
  });

  test('the sweeper reads its index in the order of expiry', async () => {
    const [plan] = await chat.admin.$transaction(async (tx) => {
      await tx.$executeRaw`SET LOCAL enable_seqscan = off`;
      return tx.$queryRaw<{ 'QUERY PLAN': unknown }[]>`EXPLAIN (FORMAT JSON) ${overdueChats([])}`;
    });
    const text = JSON.stringify(plan);
    expect(text).toContain('"Index Name":"messages_expiry"');
    expect(text).not.toContain('Seq Scan');
  });
});
