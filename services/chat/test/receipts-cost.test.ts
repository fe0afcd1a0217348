import { randomInt, randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aDirectChat, aGroup, aSession, aUser } from '@taar/testing/factories';
import { createTotals } from '../src/core/totals.ts';
import { markRead } from '../src/receipts/mark-read.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const { admin } = chat;

/** Dependencies that record each use of the database client, and thus each statement. */
const recording = () => {
  const used: PropertyKey[] = [];
  const db = new Proxy(admin, {
    get: (client, name) => {
      used.push(name);
      const value: unknown = Reflect.get(client, name);
      return typeof value === 'function' ? value.bind(client) : value;
    },
  });
  return { used, deps: { db, totals: createTotals(db), publish: () => {}, emitReceipt: () => {} } };
};

const actorOf = (userId: string) => ({ userId, sessionId: randomUUID(), deviceId: randomUUID() });

const addMessages = (chatId: string, senderId: string, count: number) =>
  admin.$transaction([
    admin.$executeRaw`
      INSERT INTO messages (
        id, chat_id, sender_id, seq, change_seq, client_message_id, payload_hash, content
      )
      SELECT gen_random_uuid(), ${chatId}::uuid, ${senderId}::uuid, number, number,
        gen_random_uuid(), '\\x00', 'hello'
      FROM generate_series(1, ${count}::int) number`,
    admin.chat.update({
      where: { id: chatId },
      data: { lastSeq: BigInt(count), changeSeq: BigInt(count) },
    }),
  ]);

test('a read costs two statements and two rows, for one message as for 500', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  await addMessages(chatId, asha.id, 500);
  // Another device with a push token, so that the read also stores a dismissal job.
  await aSession(admin, biren, { pushToken: randomUUID(), platform: 'android' });
  const { used, deps } = recording();

  for (const upToSeq of [1, 500]) {
    used.length = 0;
    const { unreadCount } = await markRead(deps, actorOf(biren.id), { chatId, upToSeq });
    expect(unreadCount).toBe(500 - upToSeq);
    expect(used).toEqual(['$queryRaw', '$queryRaw']);
  }

  const steps = await admin.messageReceipt.findMany({ where: { chatId } });
  expect(steps.map(({ kind, upToSeq }) => `${kind}${upToSeq}`).sort()).toEqual([
    'd1',
    'd500',
    'r1',
    'r500',
  ]);
});

test('receipts of 1,024 members are one row a step and match a count by hand', async () => {
  const [owner, member] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aGroup(admin, { owner, members: [member] }, { memberCount: 1_024 });
  const ids = [member.id, ...Array.from({ length: 1_022 }, () => randomUUID())];
  await admin.$executeRaw`
    INSERT INTO users (id, firebase_uid, phone_number, name)
    SELECT reader.id, reader.id::text, '+91' || (7000000000 + reader.number), 'Reader'
    FROM unnest(${ids.slice(1)}::uuid[]) WITH ORDINALITY AS reader(id, number)`;
  await admin.$executeRaw`
    INSERT INTO chat_members (chat_id, user_id, role, joined_seq)
    SELECT ${chatId}::uuid, reader_id, 'member', 1
    FROM unnest(${ids.slice(1)}::uuid[]) reader_id`;
  const messages = 40;
  await addMessages(chatId, owner.id, messages);
  const { deps } = recording();
  let steps = 0;

  const read = async (userId: string) => {
    const upTo = randomInt(messages + 1);
    for (const upToSeq of new Set([randomInt(upTo + 1), upTo])) {
      if (upToSeq === 0) continue;
      await markRead(deps, actorOf(userId), { chatId, upToSeq });
      steps += 1;
    }
  };
  for (let i = 0; i < ids.length; i += 8) await Promise.all(ids.slice(i, i + 8).map(read));

  const rows = await admin.messageReceipt.findMany({ where: { chatId, kind: 'r' } });
  expect(rows).toHaveLength(steps);
  const { items } = (await chat.as(owner).call(chatRest.listMessages, { chatId })).body;
  for (const { id: messageId, seq } of [items[0]!, items[19]!, items.at(-1)!]) {
    const byHand = ids.flatMap((userId) => {
      const own = rows.filter((row) => row.userId === userId && Number(row.upToSeq) >= seq);
      const at = own.map((row) => row.at.toISOString()).sort()[0];
      return at === undefined ? [] : [[userId, at]];
    });
    const readers: [string, string][] = [];
    const pending: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = { chatId, messageId, limit: '100', ...(cursor !== undefined && { cursor }) };
      const { body } = await chat.as(owner).call(chatRest.listReceipts, page as never);
      readers.push(...body.read.map(({ user, at }): [string, string] => [user.id, at]));
      pending.push(...body.pending.map(({ id }) => id));
      cursor = body.nextCursor;
    }
    expect(readers.sort()).toEqual(byHand.sort());
    expect(readers.length + pending.length).toBe(ids.length);
  }
}, 120_000);
