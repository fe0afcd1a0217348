import { describe, expect, test } from '@jest/globals';
import { type Client, messagesOf } from '@taar/client';
import { chatRest } from '@taar/contracts';
import type { Person } from '@taar/testing/people';
import { aDevice, counting, settled, until } from './devices.ts';
import { aFourfold } from './groups.ts';
import { say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const [first, second] = chat.nodes;

/** Learns at once what it is told, and nothing by asking. */
const silent = { heartbeatMs: 600_000 };

const dissolve = (owner: Person, chatId: string) =>
  owner.call(chatRest.deleteChat, { chatId, scope: 'all' });
const leave = (who: Person, chatId: string) =>
  who.call(chatRest.removeMember, { chatId, userId: who.userId });

const purged = async (chatId: string) => {
  const full = () => chat.admin.message.count({ where: { chatId, deletedAt: null } });
  await until('the chat is purged', async () => (await full()) === 0);
};
const holds = ({ database }: Client, chatId: string) => messagesOf(database, chatId).length;
const shown = async (who: Person, chatId: string) =>
  (await who.call(chatRest.listMessages, { chatId })).body.items;

/** A group in which something was said, and a device of this member that has it. */
const aGroupOnADevice = async (options = {}) => {
  const group = await aFourfold(chat);
  await say(group.owner, group.chatId, 'a secret');
  const device = await aDevice(second!.url, group.member, options);
  await settled(device);
  expect(holds(device, group.chatId)).toBe(1);
  return { ...group, device };
};

describe('what was said in a group that is dissolved', () => {
  test('is gone from that moment on, purged or not', async () => {
    const { chatId, owner, admin, member } = await aFourfold(chat);
    const { id: messageId } = await say(member, chatId, 'needle');
    await admin.call(chatRest.starMessage, { chatId, messageId });
    await chat.admin.$transaction(async (tx) => {
      // The purge would have to lock it.
      await tx.$queryRaw`SELECT 1 FROM messages WHERE id = ${messageId}::uuid FOR UPDATE`;
      await dissolve(owner, chatId);
      for (const who of [owner, admin, member]) expect(await shown(who, chatId)).toEqual([]);
    });
    const { body } = await member.call(chatRest.getChat, { chatId });
    expect(body).toMatchObject({ lastMessage: null, my: { membership: 'removed' } });
    const one = await member.call(chatRest.getMessage, { chatId, messageId });
    expect(one.body).toMatchObject({ code: 'message_not_found' });
    expect((await member.call(chatRest.searchMessages, { q: 'needle' })).body.items).toEqual([]);
    expect((await admin.call(chatRest.listStarred, {})).body.items).toEqual([]);
  });

  test('goes from devices that are connected', async () => {
    const { chatId, owner, device } = await aGroupOnADevice(silent);

    await dissolve(owner, chatId);

    await until('the device dropped it', () => holds(device, chatId) === 0);
    expect(device.database.chats.get(chatId)?.chat.my.membership).toBe('removed');
  });

  test('goes from a device that was away all the time, also after the purge', async () => {
    const { chatId, owner, member, device } = await aGroupOnADevice();
    await device.stop();
    await say(owner, chatId, 'never seen');
    await dissolve(owner, chatId);
    await purged(chatId);

    const { database } = device;
    const counted = counting();
    const options = { database, heartbeatMs: 50, connect: counted.connect };
    const back = await aDevice(second!.url, member, options);
    await settled(back);

    expect(holds(back, chatId)).toBe(0);
    const [syncs, beats] = [counted.sent('sync'), counted.sent('last_seen_update')];
    await until('more heartbeats pass', () => counted.sent('last_seen_update') > beats + 5);
    expect(counted.sent('sync')).toBe(syncs);
  });

  test.each(['connected', 'away'])(
    'goes from the device, %s then, of somebody who had left before',
    async (where) => {
      const { chatId, owner, member, device } = await aGroupOnADevice(silent);
      await leave(member, chatId);
      await until('it has left', () => holds(device, chatId) === 2);
      if (where === 'away') await device.stop();

      await dissolve(owner, chatId);

      const { database } = device;
      const back = where === 'away' ? await aDevice(first!.url, member, { database }) : device;
      await until('the device dropped it', () => holds(back, chatId) === 0);
      expect(await shown(member, chatId)).toEqual([]);
    },
  );
});

test('the last one who leaves a group takes what was said from those who left before', async () => {
  const { chatId, owner, admin, member, device } = await aGroupOnADevice(silent);
  await leave(member, chatId);
  await leave(admin, chatId);
  await until('it has left', () => holds(device, chatId) === 2);

  await leave(owner, chatId);

  await until('the device dropped it', () => holds(device, chatId) === 0);
  for (const who of [owner, admin, member]) expect(await shown(who, chatId)).toEqual([]);
});

test('a retry of a send is recognised after the chat was closed and purged', async () => {
  const { chatId, owner, member } = await aFourfold(chat);
  const message = { chatId, clientMessageId: crypto.randomUUID(), content: 'once' };
  const sent = await member.call(chatRest.sendMessage, message);
  await dissolve(owner, chatId);
  await purged(chatId);

  const again = await member.call(chatRest.sendMessage, message);

  expect(again).toMatchObject({ status: 200, body: { id: sent.body.id, content: null } });
});
