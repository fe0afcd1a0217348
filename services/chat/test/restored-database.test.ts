import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { localView, serverView } from './chat-views.ts';
import { aDevice, lossy, untilSynced } from './devices.ts';
import { text } from './messages.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat(2);
const [, second] = chat.nodes;

describe('a device after a restoration of the database', () => {
  test('a sync compares everything after the database was restored to an older point', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    for (const content of ['kept', 'lost'])
      await asha.call(chatRest.sendMessage, text(chatId, content));
    const device = await aDevice(second!.url, biren);
    await untilSynced(device);
    expect(device.database.chats.get(chatId)?.messages.size).toBe(2);

    await chat.admin.message.deleteMany({ where: { chatId, seq: 2 } });
    await chat.admin.chat.update({ where: { id: chatId }, data: { lastSeq: 1, changeSeq: 1 } });
    await chat.admin.serverState.updateMany({ data: { epoch: randomUUID() } });
    const other = await asha.call(chatRest.sendMessage, text(chatId, 'after'));
    await device.sync();

    expect(localView(device.database)).toEqual(await serverView(biren));
    expect(localView(device.database)[0]?.messages.at(-1)?.id).toBe(other.body.id);
    expect(device.database.lost.map(({ content }) => content)).toEqual(['lost']);
  });

  test('a device tells events before a restoration from events after it', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    let lost = 0;
    const connect = lossy((event) => event === 'message_received' && lost++ === 0);
    // A device that syncs only when the test asks it to.
    const passive = { holdMs: 600_000, heartbeatMs: 600_000 };
    const device = await aDevice(second!.url, biren, { ...passive, connect });
    await untilSynced(device);
    for (const content of ['never came', 'came'])
      await asha.call(chatRest.sendMessage, text(chatId, content));
    await until('both events are sent', () => lost === 2);

    await chat.admin.message.deleteMany({ where: { chatId } });
    await chat.admin.chat.update({ where: { id: chatId }, data: { lastSeq: 0, changeSeq: 0 } });
    await chat.admin.serverState.updateMany({ data: { epoch: randomUUID() } });
    await device.sync();
    for (const content of ['one', 'two'])
      await asha.call(chatRest.sendMessage, text(chatId, content));

    await until('every event is sent', () => lost === 4);
    expect(localView(device.database)).toEqual(await serverView(biren));
  });

  test('a device reports its deliveries again after a restoration', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const device = await aDevice(chat.url, biren);
    await untilSynced(device);
    const send = (content: string) => asha.call(chatRest.sendMessage, text(chatId, content));
    const deliveredUpTo = async () =>
      (await asha.call(chatRest.getChat, { chatId })).body.receipts?.deliveredToAllUpToSeq;
    for (const content of ['one', 'two', 'three']) await send(content);
    await until('three messages are delivered', async () => (await deliveredUpTo()) === 3);

    await chat.admin.message.deleteMany({ where: { chatId } });
    await chat.admin.chat.update({ where: { id: chatId }, data: { lastSeq: 0, changeSeq: 0 } });
    const none = { lastReadSeq: 0, lastDeliveredSeq: 0 };
    await chat.admin.chatMember.updateMany({ where: { chatId }, data: none });
    await chat.admin.serverState.updateMany({ data: { epoch: randomUUID() } });
    await device.sync();
    await send('after');

    await until('one message is delivered', async () => (await deliveredUpTo()) === 1);
    expect(await deliveredUpTo()).toBe(1);
  });
});
