import { describe, expect, test } from '@jest/globals';
import { type Connect, createDatabase } from '@taar/client';
import { chatRest } from '@taar/contracts';
import { io } from 'socket.io-client';
import { localView, serverView } from './chat-views.ts';
import { aDevice, contentsOf, counting, lossy, untilSynced } from './devices.ts';
import { text } from './messages.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat(2);
const [first, second] = chat.nodes;

/** A device that syncs only when the test asks it to. */
const passive = { holdMs: 600_000, heartbeatMs: 600_000 };

describe('a device', () => {
  test('a device that loses a fifth of all events finds what it lost', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    let arrived = 0;
    let lost = 0;
    const lose = () => arrived++ % 5 === 2 && ++lost > 0;
    const sender = await aDevice(first!.url, asha);
    const device = await aDevice(second!.url, biren, { connect: lossy(lose), heartbeatMs: 300 });
    await untilSynced(device);

    await Promise.all(
      Array.from({ length: 60 }, (_, i) => sender.send({ chatId, content: String(i) })),
    );

    await until('the device has every message', () => contentsOf(device, chatId).length === 60);
    expect(lost).toBeGreaterThan(4);
    expect(localView(device.database)).toEqual(await serverView(biren));
  });

  test('a device applies events that come twice or in another order, without a sync', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const shuffled = (...[url, options]: Parameters<Connect>) => {
      const socket = io(url, options);
      const inner = socket as unknown as { onevent(packet: { data: unknown[] }): void };
      const receive = inner.onevent.bind(socket);
      let n = 0;
      inner.onevent = (packet) => {
        const copy = { ...packet, data: [...packet.data] };
        if (packet.data[0] === 'authenticated') return receive(packet);
        setTimeout(() => receive(packet), (n++ % 4) * 15);
        if (n % 3 === 0) setTimeout(() => receive(copy), 40);
      };
      return socket;
    };
    const counted = counting(shuffled);
    const device = await aDevice(second!.url, biren, { ...passive, connect: counted.connect });
    await untilSynced(device);
    const syncs = counted.sent('sync');

    const sent = [];
    for (let i = 0; i < 60; i++)
      sent.push(await asha.call(chatRest.sendMessage, text(chatId, String(i))));
    const messageId = sent[3]!.body.id;
    await asha.call(chatRest.editMessage, { chatId, messageId, content: 'edited' });
    await asha.call(chatRest.setReaction, { chatId, messageId, emoji: '👍' });

    await until(
      'every change is applied',
      () => device.database.chats.get(chatId)?.changeSeq === 62,
    );
    expect(localView(device.database)).toEqual(await serverView(biren));
    expect(counted.sent('sync')).toBe(syncs);
  });

  test('a device misses nothing that is sent while it syncs, in a thousand rounds', async () => {
    // Many devices, as the server would take so many syncs of one device for a flood.
    const race = async () => {
      const { asha, biren, chatId } = await chat.twoFriends();
      const device = await aDevice(second!.url, biren, passive);
      await untilSynced(device);
      for (let round = 1; round <= 30; round++) {
        const message = text(chatId, String(round));
        await Promise.all([device.sync(), asha.call(chatRest.sendMessage, message)]);
        await until(`round ${round}`, () => contentsOf(device, chatId).length === round);
      }
      expect(localView(device.database)).toEqual(await serverView(biren));
    };

    await Promise.all(Array.from({ length: 34 }, race));
  }, 120_000);

  test('a device misses nothing that is sent while it connects', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const database = createDatabase();
    for (let round = 1; round <= 25; round++) {
      const device = await aDevice(second!.url, biren, { ...passive, database });
      for (let i = 0; i < 4; i++)
        await asha.call(chatRest.sendMessage, text(chatId, `${round}-${i}`));
      await until(`round ${round}`, () => contentsOf(device, chatId).length === round * 4);
      await device.stop();
    }
    expect(localView(database)).toEqual(await serverView(biren));
  });

  test('a device receives the messages of a group from the moment its user is added', async () => {
    const { asha, biren } = await chat.twoFriends();
    const device = await aDevice(second!.url, biren, passive);
    await untilSynced(device);

    const { body: group } = await asha.call(chatRest.createChat, {
      isGroup: true,
      name: 'Adda',
      memberIds: [biren.userId],
    });
    for (const content of ['one', 'two'])
      await asha.call(chatRest.sendMessage, text(group.id, content));

    await until('both messages arrive', () => contentsOf(device, group.id).at(-1) === 'two');
    expect(localView(device.database)).toEqual(await serverView(biren));
  });
});
