import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock, aUser } from '@taar/testing/factories';
import { createAdmission } from '../src/sync/admission.ts';
import { aDevice, counting, lossy, settled, until, viewOf, viewOverRest } from './devices.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const [first, second] = chat.nodes;

const text = (chatId: string, content: string) => ({
  chatId,
  clientMessageId: randomUUID(),
  content,
});

/** As if this much had been said while nobody looked. */
const manyMessages = async (chatId: string, senderId: string, count: number) => {
  for (let left = count; left > 0; left -= 2_000) await someMessages(chatId, senderId, 2_000);
};
const someMessages = (chatId: string, senderId: string, count: number) =>
  chat.admin.$executeRaw`
    WITH chat AS (
      UPDATE chats SET last_seq = last_seq + ${count}::int, change_seq = change_seq + ${count}::int,
        last_message_at = clock_timestamp(), last_change_at = clock_timestamp()
      WHERE id = ${chatId}::uuid RETURNING id, last_seq - ${count}::int AS seq0, change_seq - ${count}::int AS change0
    )
    INSERT INTO messages (chat_id, sender_id, seq, change_seq, client_message_id, content)
    SELECT id, ${senderId}::uuid, seq0 + n, change0 + n, gen_random_uuid(), 'message ' || n
    FROM chat, generate_series(1, ${count}::int) n`;

describe('POST /chats/sync', () => {
  test('gives a device that has nothing everything, and then nothing more', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    for (const content of ['one', 'two', 'three'])
      await asha.call(chatRest.sendMessage, text(chatId, content));

    const device = await aDevice(second!.url, biren);
    await settled(device);

    const view = await viewOverRest(biren);
    expect(view[0]?.messages).toHaveLength(3);
    expect(viewOf(device.database)).toEqual(view);
    const { userVer, since } = device.database;
    const again = await biren.call(chatRest.sync, {
      protocol: 1,
      userVer: userVer!,
      since: since!,
      chats: [{ id: chatId, changeSeq: 3 }],
    });
    expect(again.body).toMatchObject({ chats: [], newChats: [], removed: [], hasMore: false });
  });

  test('concludes nothing from what the request does not list', async () => {
    const { biren } = await chat.twoFriends();
    const { body } = await biren.call(chatRest.sync, { protocol: 1, chats: [] });
    expect(body.newChats).toHaveLength(1);

    const { userVer } = body;
    const nothingListed = await biren.call(chatRest.sync, { protocol: 1, userVer, chats: [] });
    const somebodyElses = await biren.call(chatRest.sync, {
      protocol: 1,
      userVer,
      chats: [{ id: randomUUID(), changeSeq: 7 }],
    });

    for (const answer of [nothingListed, somebodyElses])
      expect(answer.body).toMatchObject({ chats: [], newChats: [], removed: [], hasMore: false });
  });

  test('says of a chat that was left how far it may be read, and shows nothing after', async () => {
    const [owner, member] = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
    const [asha, biren] = [first!.as(owner), second!.as(member)];
    const { body: group } = await asha.call(chatRest.createChat, {
      isGroup: true,
      name: 'Adda',
      memberIds: [biren.userId],
    });
    const chatId = group.id;
    const device = await aDevice(second!.url, biren);
    await settled(device);
    await device.stop();
    await asha.call(chatRest.sendMessage, text(chatId, 'before'));
    await asha.call(chatRest.removeMember, { chatId, userId: biren.userId });
    await asha.call(chatRest.sendMessage, text(chatId, 'after'));

    const back = await aDevice(second!.url, biren, { database: device.database });
    await settled(back);

    const local = back.database.chats.get(chatId)!;
    expect(local.chat.my.membership).toBe('removed');
    const contents = [...local.messages.values()].map(({ content }) => content);
    expect(contents).toContain('before');
    expect(contents).not.toContain('after');
    expect(Math.max(...[...local.messages.values()].map(({ seq }) => seq))).toBe(
      local.chat.my.leftSeq,
    );
  });

  test('T-S2 ten thousand changes come in pages while the newest are shown at once', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await asha.call(chatRest.sendMessage, text(chatId, 'old'));
    const device = await aDevice(second!.url, biren);
    await settled(device);
    await device.stop();
    await manyMessages(chatId, asha.userId, 10_000);

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
    await settled(back);
    expect(back.database.chats.get(chatId)?.messages.size).toBe(10_001);
    expect(counted.sent('sync')).toBeGreaterThan(10);
    expect(viewOf(back.database)[0]?.messages.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 10_001 }, (_, i) => i + 1),
    );
  });

  test('T-S6 what a block swallows leaves no gap to ask for again and again', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const counted = counting();
    const device = await aDevice(first!.url, asha, {
      heartbeatMs: 50,
      connect: counted.connect,
    });
    await settled(device);
    await aBlock(chat.admin, { id: asha.userId }, { id: biren.userId });
    for (const content of ['un', 'heard'])
      await biren.call(chatRest.sendMessage, text(chatId, content));

    await until('it knows', () => device.database.chats.get(chatId)?.changeSeq === 2);
    const [syncs, beats] = [counted.sent('sync'), counted.sent('last_seen_update')];
    await until('more heartbeats pass', () => counted.sent('last_seen_update') > beats + 5);
    expect(counted.sent('sync')).toBe(syncs);
    expect(device.database.chats.get(chatId)?.messages.size).toBe(0);
    expect(viewOf(device.database)).toEqual(await viewOverRest(asha));
  });

  test('an account with more chats than fit a request is compared page by page', async () => {
    const [asha, peer] = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
    await chat.admin.$executeRaw`
      WITH ids AS (SELECT gen_random_uuid() AS id, n FROM generate_series(1, 1100) n), chat AS (
        INSERT INTO chats (id, is_group, name, last_seq, change_seq, member_count)
        SELECT id, true, 'Chat ' || n, 1, 1, 2 FROM ids RETURNING id
      ), member AS (
        INSERT INTO chat_members (chat_id, user_id, joined_seq)
        SELECT chat.id, u, 1 FROM chat, unnest(${[asha.id, peer.id]}::uuid[]) u
      )
      INSERT INTO messages (chat_id, sender_id, seq, change_seq, content)
      SELECT id, ${peer.id}::uuid, 1, 1, 'hello' FROM chat`;
    const device = await aDevice(first!.url, first!.as(asha));
    await settled(device);
    const { chats } = device.database;
    expect(chats.size).toBe(1_100);
    expect([...chats.values()].every(({ messages }) => messages.size === 1)).toBe(true);

    const ids = [...chats.keys()].toSorted();
    for (const chatId of [ids[0]!, ids.at(-1)!])
      await second!.as(peer).call(chatRest.sendMessage, text(chatId, 'news'));
    await device.sync();

    for (const chatId of [ids[0]!, ids.at(-1)!]) expect(chats.get(chatId)?.changeSeq).toBe(2);
  });

  test('T-S7 a change that commits long after it was made is found', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const device = await aDevice(second!.url, biren);
    await settled(device);

    await chat.admin.$transaction(async (tx) => {
      await tx.$executeRaw`
        UPDATE chats SET last_seq = 1, change_seq = 1, last_message_at = clock_timestamp(),
          last_change_at = clock_timestamp() - interval '9 s' WHERE id = ${chatId}::uuid`;
      await tx.message.create({
        data: { chatId, senderId: asha.userId, seq: 1, changeSeq: 1, content: 'slow' },
      });
      await device.sync();
      expect(device.database.chats.get(chatId)?.messages.size).toBe(0);
    });
    await device.sync();

    expect(device.database.chats.get(chatId)?.messages.size).toBe(1);
  });

  test('a protocol that is not spoken is refused', async () => {
    const { biren } = await chat.twoFriends();

    const answer = await biren.call(chatRest.sync, { protocol: 2, chats: [] });

    expect(answer).toMatchObject({ status: 426, body: { code: 'client_too_old' } });
  });

  test('who comes when too many are syncing is told when to ask again', async () => {
    const full = await chat.startNode({}, { admitSync: createAdmission(0, 1_000) });
    const person = full.as(await aUser(chat.admin));

    const answer = await person.call(chatRest.sync, { protocol: 1, chats: [] });

    expect(answer).toMatchObject({ status: 503, body: { code: 'dependency_unavailable' } });
    const { retryAfterMs } = answer.body as unknown as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThanOrEqual(1_000);
  });

  // Last, as it changes the database of all tests here.
  test('T-S8 after the database was restored to an older point, everything is compared', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    for (const content of ['kept', 'lost'])
      await asha.call(chatRest.sendMessage, text(chatId, content));
    const device = await aDevice(second!.url, biren);
    await settled(device);
    expect(device.database.chats.get(chatId)?.messages.size).toBe(2);

    await chat.admin.message.deleteMany({ where: { chatId, seq: 2 } });
    await chat.admin.chat.update({ where: { id: chatId }, data: { lastSeq: 1, changeSeq: 1 } });
    await chat.admin.serverState.updateMany({ data: { epoch: randomUUID() } });
    const other = await asha.call(chatRest.sendMessage, text(chatId, 'instead'));
    await device.sync();

    expect(viewOf(device.database)).toEqual(await viewOverRest(biren));
    expect(viewOf(device.database)[0]?.messages.at(-1)?.id).toBe(other.body.id);
    expect(device.database.lost.map(({ content }) => content)).toEqual(['lost']);
  });

  test('what was told before the restoration is not taken for what is told after it', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    let lost = 0;
    const connect = lossy((event) => event === 'message_received' && lost++ === 0);
    // Asks only when told to: what it missed it does not look for.
    const silent = { holdMs: 600_000, heartbeatMs: 600_000 };
    const device = await aDevice(second!.url, biren, { ...silent, connect });
    await settled(device);
    for (const content of ['never came', 'came'])
      await asha.call(chatRest.sendMessage, text(chatId, content));
    await until('both were told', () => lost === 2);

    await chat.admin.message.deleteMany({ where: { chatId } });
    await chat.admin.chat.update({ where: { id: chatId }, data: { lastSeq: 0, changeSeq: 0 } });
    await chat.admin.serverState.updateMany({ data: { epoch: randomUUID() } });
    await device.sync();
    for (const content of ['one', 'two'])
      await asha.call(chatRest.sendMessage, text(chatId, content));

    await until('all was told', () => lost === 4);
    expect(viewOf(device.database)).toEqual(await viewOverRest(biren));
  });

  test('what a device has is told anew after the restoration, be it less than before', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const device = await aDevice(chat.url, biren);
    await settled(device);
    const say = (content: string) => asha.call(chatRest.sendMessage, text(chatId, content));
    const isDelivered = (upToSeq: number) => async () => {
      const { body } = await asha.call(chatRest.getChat, { chatId });
      return body.receipts?.deliveredToAllUpToSeq === upToSeq;
    };
    for (const content of ['one', 'two', 'three']) await say(content);
    await until('it is told', isDelivered(3));

    await chat.admin.message.deleteMany({ where: { chatId } });
    await chat.admin.chat.update({ where: { id: chatId }, data: { lastSeq: 0, changeSeq: 0 } });
    const none = { lastReadSeq: 0, lastDeliveredSeq: 0 };
    await chat.admin.chatMember.updateMany({ where: { chatId }, data: none });
    await chat.admin.serverState.updateMany({ data: { epoch: randomUUID() } });
    await device.sync();
    await say('anew');

    await until('it is told anew', isDelivered(1));
  });
});
