import { describe, expect, test } from '@jest/globals';
import { type Client, messagesOf } from '@taar/client';
import { chatRest } from '@taar/contracts';
import type { Person } from '@taar/testing/people';
import { aDevice, counting, untilSynced } from './devices.ts';
import { aGroupWithRoles } from './groups.ts';
import { sendText } from './messages.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat(2);
const [first, second] = chat.nodes;

/** A device that learns from events alone, as its first heartbeat is far away. */
const withoutHeartbeat = { heartbeatMs: 600_000 };

const dissolve = (owner: Person, chatId: string) =>
  owner.call(chatRest.deleteChat, { chatId, scope: 'all' });
const leave = (member: Person, chatId: string) =>
  member.call(chatRest.removeMember, { chatId, userId: member.userId });

const untilPurged = async (chatId: string) => {
  const withContent = () => chat.admin.message.count({ where: { chatId, deletedAt: null } });
  await until('the chat is purged', async () => (await withContent()) === 0);
};
const countLocal = ({ database }: Client, chatId: string) => messagesOf(database, chatId).length;
const listed = async (person: Person, chatId: string) =>
  (await person.call(chatRest.listMessages, { chatId })).body.items;

/** A group with one message, and a device of a member that has it. */
const aGroupOnADevice = async (options = {}) => {
  const group = await aGroupWithRoles(chat);
  await sendText(group.owner, group.chatId, 'a secret');
  const device = await aDevice(second!.url, group.member, options);
  await untilSynced(device);
  expect(countLocal(device, group.chatId)).toBe(1);
  return { ...group, device };
};

describe('the messages of a dissolved group', () => {
  test('no member can read the messages, whether the group is purged yet or not', async () => {
    const { chatId, owner, admin, member } = await aGroupWithRoles(chat);
    const { id: messageId } = await sendText(member, chatId, 'needle');
    await admin.call(chatRest.starMessage, { chatId, messageId });
    await chat.admin.$transaction(async (tx) => {
      // The purge waits for this lock.
      await tx.$queryRaw`SELECT 1 FROM messages WHERE id = ${messageId}::uuid FOR UPDATE`;
      await dissolve(owner, chatId);
      for (const person of [owner, admin, member]) expect(await listed(person, chatId)).toEqual([]);
    });
    const { body } = await member.call(chatRest.getChat, { chatId });
    expect(body).toMatchObject({ lastMessage: null, my: { membership: 'removed' } });
    const single = await member.call(chatRest.getMessage, { chatId, messageId });
    expect(single.body).toMatchObject({ code: 'message_not_found' });
    expect((await member.call(chatRest.searchMessages, { q: 'needle' })).body.items).toEqual([]);
    expect((await admin.call(chatRest.listStarred, {})).body.items).toEqual([]);
  });

  test('a connected device drops the messages of a dissolved group', async () => {
    const { chatId, owner, device } = await aGroupOnADevice(withoutHeartbeat);

    await dissolve(owner, chatId);

    await until('the device dropped the messages', () => countLocal(device, chatId) === 0);
    expect(device.database.chats.get(chatId)?.chat.my.membership).toBe('removed');
  });

  test('a device that was offline drops the messages, even after the purge', async () => {
    const { chatId, owner, member, device } = await aGroupOnADevice();
    await device.stop();
    await sendText(owner, chatId, 'never seen');
    await dissolve(owner, chatId);
    await untilPurged(chatId);

    const { database } = device;
    const counted = counting();
    const options = { database, heartbeatMs: 50, connect: counted.connect };
    const back = await aDevice(second!.url, member, options);
    await untilSynced(back);

    expect(countLocal(back, chatId)).toBe(0);
    const [syncs, beats] = [counted.sent('sync'), counted.sent('last_seen_update')];
    await until('more heartbeats pass', () => counted.sent('last_seen_update') > beats + 5);
    expect(counted.sent('sync')).toBe(syncs);
  });

  test.each(['connected', 'offline'])(
    'the %s device of a former member drops the messages',
    async (state) => {
      const { chatId, owner, member, device } = await aGroupOnADevice(withoutHeartbeat);
      await leave(member, chatId);
      await until(
        'the device has the last message before leaving',
        () => countLocal(device, chatId) === 2,
      );
      if (state === 'offline') await device.stop();

      await dissolve(owner, chatId);

      const { database } = device;
      const back = state === 'offline' ? await aDevice(first!.url, member, { database }) : device;
      await until('the device dropped the messages', () => countLocal(back, chatId) === 0);
      expect(await listed(member, chatId)).toEqual([]);
    },
  );
});

test('former members cannot read a group’s messages once its last member left', async () => {
  const { chatId, owner, admin, member, device } = await aGroupOnADevice(withoutHeartbeat);
  await leave(member, chatId);
  await leave(admin, chatId);
  await until(
    'the device has the last message before leaving',
    () => countLocal(device, chatId) === 2,
  );

  await leave(owner, chatId);

  await until('the device dropped the messages', () => countLocal(device, chatId) === 0);
  for (const person of [owner, admin, member]) expect(await listed(person, chatId)).toEqual([]);
});

test('a replay is recognised after the chat was closed and purged', async () => {
  const { chatId, owner, member } = await aGroupWithRoles(chat);
  const message = { chatId, clientMessageId: crypto.randomUUID(), content: 'once' };
  const sent = await member.call(chatRest.sendMessage, message);
  await dissolve(owner, chatId);
  await untilPurged(chatId);

  const again = await member.call(chatRest.sendMessage, message);

  expect(again).toMatchObject({ status: 200, body: { id: sent.body.id, content: null } });
});
