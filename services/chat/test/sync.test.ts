import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock, aUser } from '@taar/testing/factories';
import { createAdmission } from '../src/sync/admission.ts';
import { localView, serverView } from './chat-views.ts';
import { aDevice, counting, untilSynced } from './devices.ts';
import { sendText, text } from './messages.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat(2);
const [first, second] = chat.nodes;

/** Adds messages to a chat in steps of 2,000. */
const addManyMessages = async (chatId: string, senderId: string, count: number) => {
  for (let left = count; left > 0; left -= 2_000) await addMessages(chatId, senderId, 2_000);
};
const addMessages = (chatId: string, senderId: string, count: number) =>
  chat.admin.$executeRaw`
    WITH changed_chat AS (
      UPDATE chats
      SET last_seq = last_seq + ${count}::int,
        change_seq = change_seq + ${count}::int,
        last_message_at = clock_timestamp(),
        last_change_at = clock_timestamp()
      WHERE id = ${chatId}::uuid
      RETURNING id,
        last_seq - ${count}::int AS first_seq,
        change_seq - ${count}::int AS first_change_seq
    )
    INSERT INTO messages (chat_id, sender_id, seq, change_seq, client_message_id, content)
    SELECT id, ${senderId}::uuid, first_seq + number, first_change_seq + number,
      gen_random_uuid(), 'message ' || number
    FROM changed_chat, generate_series(1, ${count}::int) number`;

describe('POST /chats/sync', () => {
  test('a sync gives a new device everything, and then nothing more', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    for (const content of ['one', 'two', 'three'])
      await asha.call(chatRest.sendMessage, text(chatId, content));

    const device = await aDevice(second!.url, biren);
    await untilSynced(device);

    const view = await serverView(biren);
    expect(view[0]?.messages).toHaveLength(3);
    expect(localView(device.database)).toEqual(view);
    const { userVer, since } = device.database;
    const again = await biren.call(chatRest.sync, {
      protocol: 1,
      userVer: userVer!,
      since: since!,
      chats: [{ id: chatId, changeSeq: 3 }],
    });
    expect(again.body).toMatchObject({ chats: [], newChats: [], removed: [], hasMore: false });
  });

  test('a sync concludes nothing from chats that the request does not list', async () => {
    const { biren } = await chat.twoFriends();
    const { body } = await biren.call(chatRest.sync, { protocol: 1, chats: [] });
    expect(body.newChats).toHaveLength(1);

    const { userVer } = body;
    const nothingListed = await biren.call(chatRest.sync, { protocol: 1, userVer, chats: [] });
    const foreignListed = await biren.call(chatRest.sync, {
      protocol: 1,
      userVer,
      chats: [{ id: randomUUID(), changeSeq: 7 }],
    });

    for (const answer of [nothingListed, foreignListed])
      expect(answer.body).toMatchObject({ chats: [], newChats: [], removed: [], hasMore: false });
  });

  test('a sync states how far a former member can read, and shows nothing after it', async () => {
    const [owner, member] = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
    const [asha, biren] = [first!.as(owner), second!.as(member)];
    const { body: group } = await asha.call(chatRest.createChat, {
      isGroup: true,
      name: 'Adda',
      memberIds: [biren.userId],
    });
    const chatId = group.id;
    const device = await aDevice(second!.url, biren);
    await untilSynced(device);
    await device.stop();
    await asha.call(chatRest.sendMessage, text(chatId, 'before'));
    await asha.call(chatRest.removeMember, { chatId, userId: biren.userId });
    await asha.call(chatRest.sendMessage, text(chatId, 'after'));

    const back = await aDevice(second!.url, biren, { database: device.database });
    await untilSynced(back);

    const local = back.database.chats.get(chatId)!;
    expect(local.chat.my.membership).toBe('removed');
    const contents = [...local.messages.values()].map(({ content }) => content);
    expect(contents).toContain('before');
    expect(contents).not.toContain('after');
    expect(Math.max(...[...local.messages.values()].map(({ seq }) => seq))).toBe(
      local.chat.my.leftSeq,
    );
  });

  test('ten thousand changes come in pages while the newest messages show at once', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await asha.call(chatRest.sendMessage, text(chatId, 'old'));
    const device = await aDevice(second!.url, biren);
    await untilSynced(device);
    await device.stop();
    await addManyMessages(chatId, asha.userId, 10_000);

    const counted = counting();
    const back = await aDevice(second!.url, biren, {
      database: device.database,
      connect: counted.connect,
    });
    await back.showNewest(chatId);

    const shown = back.database.chats.get(chatId)!;
    expect([...shown.messages.values()].some(({ seq }) => seq === 10_001)).toBe(true);
    expect([...shown.messages.values()].some(({ seq }) => seq === 1)).toBe(true);
    expect(shown.changeSeq).toBeLessThan(10_001);
    await untilSynced(back);
    expect(back.database.chats.get(chatId)?.messages.size).toBe(10_001);
    expect(counted.sent('sync')).toBeGreaterThan(10);
    expect(localView(back.database)[0]?.messages.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 10_001 }, (_, i) => i + 1),
    );
  });

  test('messages withheld by a block leave no gap that a device asks for again', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const counted = counting();
    const device = await aDevice(first!.url, asha, {
      heartbeatMs: 50,
      connect: counted.connect,
    });
    await untilSynced(device);
    await aBlock(chat.admin, { id: asha.userId }, { id: biren.userId });
    for (const content of ['one', 'two'])
      await biren.call(chatRest.sendMessage, text(chatId, content));

    await until(
      'the device knows the changes',
      () => device.database.chats.get(chatId)?.changeSeq === 2,
    );
    const [syncs, beats] = [counted.sent('sync'), counted.sent('last_seen_update')];
    await until('more heartbeats pass', () => counted.sent('last_seen_update') > beats + 5);
    expect(counted.sent('sync')).toBe(syncs);
    expect(device.database.chats.get(chatId)?.messages.size).toBe(0);
    expect(localView(device.database)).toEqual(await serverView(asha));
  });

  test('a sync of more chats than a request can list compares them page by page', async () => {
    const [asha, peer] = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
    await chat.admin.$executeRaw`
      WITH new_chat AS (
        INSERT INTO chats (id, is_group, name, last_seq, change_seq, member_count)
        SELECT gen_random_uuid(), true, 'Chat ' || number, 1, 1, 2
        FROM generate_series(1, 1100) number
        RETURNING id
      ), new_member AS (
        INSERT INTO chat_members (chat_id, user_id, joined_seq)
        SELECT new_chat.id, member_id, 1
        FROM new_chat, unnest(${[asha.id, peer.id]}::uuid[]) member_id
      )
      INSERT INTO messages (chat_id, sender_id, seq, change_seq, content)
      SELECT id, ${peer.id}::uuid, 1, 1, 'hello'
      FROM new_chat`;
    const device = await aDevice(first!.url, first!.as(asha));
    await untilSynced(device);
    const { chats } = device.database;
    expect(chats.size).toBe(1_100);
    expect([...chats.values()].every(({ messages }) => messages.size === 1)).toBe(true);

    const ids = [...chats.keys()].toSorted();
    for (const chatId of [ids[0]!, ids.at(-1)!])
      await second!.as(peer).call(chatRest.sendMessage, text(chatId, 'new'));
    await device.sync();

    for (const chatId of [ids[0]!, ids.at(-1)!]) expect(chats.get(chatId)?.changeSeq).toBe(2);
  });
  test('a sync of an unknown protocol is refused', async () => {
    const { biren } = await chat.twoFriends();

    const answer = await biren.call(chatRest.sync, { protocol: 2, chats: [] });

    expect(answer).toMatchObject({ status: 426, body: { code: 'client_too_old' } });
  });

  test('a sync beyond the limit of concurrent syncs is refused with a time to retry', async () => {
    const full = await chat.startNode({}, { admitSync: createAdmission(0, 1_000) });
    const person = full.as(await aUser(chat.admin));

    const answer = await person.call(chatRest.sync, { protocol: 1, chats: [] });

    expect(answer).toMatchObject({ status: 503, body: { code: 'dependency_unavailable' } });
    const { retryAfterMs } = answer.body as unknown as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThanOrEqual(1_000);
  });

  test('a sync returns the receipts of the chats that the request names', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const { asha: other, chatId: elsewhere } = await chat.twoFriends();
    await sendText(asha, chatId, 'Kemon aso?');
    const { body: before } = await asha.call(chatRest.sync, { protocol: 1, chats: [] });
    await biren.call(chatRest.markRead, { chatId, upToSeq: 1 });
    await sendText(other, elsewhere, 'in another chat');

    const { body } = await asha.call(chatRest.sync, {
      protocol: 1,
      userVer: before.userVer,
      chats: [{ id: chatId, changeSeq: 1 }],
      want: { receipts: [chatId, elsewhere] },
    });

    expect(body).toMatchObject({ chats: [], hasMore: false });
    expect(body.receipts).toEqual([{ id: chatId, deliveredToAllUpToSeq: 1, readByAllUpToSeq: 1 }]);
  });
});
