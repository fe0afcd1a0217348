import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aDirectChat, aUser } from '@taar/testing/factories';
import { overdue, sweepExpired } from '../src/messages/sweep-expired.ts';
import { say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const sweeping = await chat.startNode({ EXPIRY_SWEEP_SECONDS: '1' });

/** A chat in which messages live for a minute, and one that is over. */
const withExpired = async () => {
  const [asha, biren] = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
  const { id: chatId } = await aDirectChat(chat.admin, asha, biren);
  await chat.admin.chat.update({
    where: { id: chatId },
    data: { settings: { disappearingSeconds: 60 } },
  });
  const people = { asha: chat.as(asha), biren: chat.as(biren) };
  const message = await say(people.asha, chatId, 'fleeting needle');
  const expire = (at = new Date(Date.now() - 1)) =>
    chat.admin.message.update({ where: { id: message.id }, data: { expiresAt: at } });
  return { ...people, chatId, message, expire };
};

describe('a disappearing message', () => {
  test('says when it ends, by the time it was sent', async () => {
    const { message } = await withExpired();
    const lifetime = Date.parse(message.expiresAt!) - Date.parse(message.createdAt);
    expect(lifetime).toBe(60_000);
  });

  test('is gone everywhere at its end, swept or not', async () => {
    const { biren, chatId, message, expire } = await withExpired();
    const place = { chatId, messageId: message.id };
    await biren.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: place.messageId,
      content: 'answer',
      replyToId: message.id,
    });
    await biren.call(chatRest.starMessage, place);
    // Held back from the sweeper: it would have to lock the chat.
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

  test('becomes a tombstone and a change that is told, on whichever node sweeps', async () => {
    const { biren, chatId, message, expire } = await withExpired();
    const phone = await biren.connect();
    const { expiresAt } = await expire();

    const told = await phone.next('message_deleted');

    expect(told).toMatchObject({
      chatId,
      changeSeq: 2,
      message: { id: message.id, content: null },
    });
    expect(told.message.deletedAt).toBe(expiresAt!.toISOString());
    const { items, chat: head } = (await biren.call(chatRest.listMessages, { chatId })).body;
    expect(head.changeSeq).toBe(2);
    const { my: _, replyTo: __, ...seen } = items[0]!;
    expect(seen).toEqual(told.message);
    const row = await chat.admin.message.findUniqueOrThrow({ where: { id: message.id } });
    expect(row).toMatchObject({ content: null, metadata: {}, deletedBy: null });
  });
});

test('many that end together are numbered without a gap, however many nodes sweep', async () => {
  await chat.startNode({ EXPIRY_SWEEP_SECONDS: '1' });
  const { asha, chatId } = await withExpired();
  for (let n = 0; n < 20; n++) await say(asha, chatId, String(n));
  const phone = await sweeping.as({ id: asha.userId }).connect();
  await chat.admin.message.updateMany({ where: { chatId }, data: { expiresAt: new Date() } });

  await phone.next('message_deleted', ({ changeSeq }) => changeSeq === 42);

  const numbers = phone.seen('message_deleted').map(({ changeSeq }) => changeSeq);
  expect(numbers).toEqual(Array.from({ length: 21 }, (_, i) => 22 + i));
});

describe('the sweeper', () => {
  const quiet = { publishCommits: () => undefined, logger: console as never };
  const sweep = () => sweepExpired({ ...quiet, db: chat.admin });
  /** Chats whose only message is over, the first one for the longest time. */
  const manyOver = async (count: number) => {
    const [asha, biren] = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
    const rows = await chat.admin.$queryRaw<{ id: string }[]>`
      WITH chat AS (
        INSERT INTO chats (id, is_group, last_seq, change_seq, member_count)
        SELECT gen_random_uuid(), true, 1, 1, 2 FROM generate_series(1, ${count}::int) RETURNING id
      ), member AS (
        INSERT INTO chat_members (chat_id, user_id, joined_seq)
        SELECT chat.id, u, 1 FROM chat, unnest(${[asha.id, biren.id]}::uuid[]) u
      )
      INSERT INTO messages (chat_id, sender_id, seq, change_seq, content, expires_at)
      SELECT id, ${asha.id}::uuid, 1, 1, 'over',
        now() - interval '1 day' + row_number() OVER () * interval '1 s' FROM chat
      RETURNING chat_id AS id`;
    return rows.map(({ id }) => id);
  };
  const left = (ids: string[]) =>
    chat.admin.message.count({ where: { chatId: { in: ids }, content: { not: null } } });

  test('gets to what is over last though many chats are held', async () => {
    const ids = await manyOver(120);
    const held = ids.slice(0, 100);
    await chat.admin.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM chats WHERE id = ANY(${held}::uuid[]) FOR UPDATE`;
      await sweep();
      expect(await left(ids.slice(100))).toBe(0);
      expect(await left(held)).toBe(100);
    });
    await sweep();
    expect(await left(held)).toBe(0);
  });

  test('looks in the order of expiry along its index', async () => {
    const [plan] = await chat.admin.$transaction(async (tx) => {
      await tx.$executeRaw`SET LOCAL enable_seqscan = off`;
      return tx.$queryRaw<{ 'QUERY PLAN': unknown }[]>`EXPLAIN (FORMAT JSON) ${overdue([])}`;
    });
    const text = JSON.stringify(plan);
    expect(text).toContain('"Index Name":"messages_expiry"');
    expect(text).not.toContain('Seq Scan');
  });
});
