import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aDevice, settled, until, viewOf, viewOverRest } from './devices.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const [first, second] = chat.nodes;

const text = (chatId: string, content: string) => ({
  chatId,
  clientMessageId: randomUUID(),
  content,
});

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

  test('live messages follow what was synced', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const device = await aDevice(second!.url, biren);
    await settled(device);

    const sent = await aDevice(first!.url, asha);
    await sent.send({ chatId, content: 'hello' });

    await until('it arrives', () => device.database.chats.get(chatId)?.messages.size === 1);
    expect(viewOf(device.database)).toEqual(await viewOverRest(biren));
    expect(viewOf(sent.database)).toEqual(await viewOverRest(asha));
  });
});
