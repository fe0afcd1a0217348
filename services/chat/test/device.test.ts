import { randomUUID } from 'node:crypto';
import { appendFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Client, type Connect, createDatabase } from '@taar/client';
import { createFileStore } from '@taar/client/file-store';
import { chatRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { io } from 'socket.io-client';
import {
  aDevice,
  allMessages,
  counting,
  lossy,
  settled,
  until,
  viewOf,
  viewOverRest,
} from './devices.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const [first, second] = chat.nodes;

const text = (chatId: string, content: string) => ({
  chatId,
  clientMessageId: randomUUID(),
  content,
});
const contentsOf = (client: Client, chatId: string) =>
  [...(client.database.chats.get(chatId)?.messages.values() ?? [])]
    .toSorted((a, b) => a.seq - b.seq)
    .map(({ content }) => content);

/** Never asks by itself: what it has came by events, or with a sync that the test asked for. */
const silent = { holdMs: 600_000, heartbeatMs: 600_000 };

describe('a device', () => {
  test('T-S3 that loses a fifth of all events finds what it lost', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    let came = 0;
    let lost = 0;
    const lose = () => came++ % 5 === 2 && ++lost > 0;
    const sender = await aDevice(first!.url, asha);
    const device = await aDevice(second!.url, biren, { connect: lossy(lose), heartbeatMs: 300 });
    await settled(device);

    await Promise.all(
      Array.from({ length: 60 }, (_, i) => sender.send({ chatId, content: String(i) })),
    );

    await until('it has everything', () => contentsOf(device, chatId).length === 60);
    expect(lost).toBeGreaterThan(4);
    expect(viewOf(device.database)).toEqual(await viewOverRest(biren));
  });

  test('T-S4 is not confused by events that come twice or in another order', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const shuffled = (...[url, options]: Parameters<Connect>) => {
      const socket = io(url, options);
      const inner = socket as unknown as { onevent(packet: { data: unknown[] }): void };
      const receive = inner.onevent.bind(socket);
      let n = 0;
      inner.onevent = (packet) => {
        const again = { ...packet, data: [...packet.data] };
        if (packet.data[0] === 'authenticated') return receive(packet);
        setTimeout(() => receive(packet), (n++ % 4) * 15);
        if (n % 3 === 0) setTimeout(() => receive(again), 40);
      };
      return socket;
    };
    const counted = counting(shuffled);
    const device = await aDevice(second!.url, biren, { ...silent, connect: counted.connect });
    await settled(device);
    const syncs = counted.sent('sync');

    const sent = [];
    for (let i = 0; i < 60; i++)
      sent.push(await asha.call(chatRest.sendMessage, text(chatId, String(i))));
    const messageId = sent[3]!.body.id;
    await asha.call(chatRest.editMessage, { chatId, messageId, content: 'edited' });
    await asha.call(chatRest.setReaction, { chatId, messageId, emoji: '👍' });

    await until('all is applied', () => device.database.chats.get(chatId)?.changeSeq === 62);
    expect(viewOf(device.database)).toEqual(await viewOverRest(biren));
    expect(counted.sent('sync')).toBe(syncs);
  });

  test('T-S5 misses nothing that is said while it syncs, a thousand times', async () => {
    // Several devices, as one that asks so often would be taken for a flood.
    const race = async () => {
      const { asha, biren, chatId } = await chat.twoFriends();
      const device = await aDevice(second!.url, biren, silent);
      await settled(device);
      for (let round = 1; round <= 30; round++) {
        const message = text(chatId, String(round));
        await Promise.all([device.sync(), asha.call(chatRest.sendMessage, message)]);
        await until(`round ${round}`, () => contentsOf(device, chatId).length === round);
      }
      expect(viewOf(device.database)).toEqual(await viewOverRest(biren));
    };

    await Promise.all(Array.from({ length: 34 }, race));
  }, 120_000);

  test('misses nothing that is said while it connects', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const database = createDatabase();
    for (let round = 1; round <= 25; round++) {
      const device = await aDevice(second!.url, biren, { ...silent, database });
      for (let i = 0; i < 4; i++)
        await asha.call(chatRest.sendMessage, text(chatId, `${round}-${i}`));
      await until(`round ${round}`, () => contentsOf(device, chatId).length === round * 4);
      await device.stop();
    }
    expect(viewOf(database)).toEqual(await viewOverRest(biren));
  });

  test('that was added to a group hears it from then on', async () => {
    const { asha, biren } = await chat.twoFriends();
    const device = await aDevice(second!.url, biren, silent);
    await settled(device);

    const { body: group } = await asha.call(chatRest.createChat, {
      isGroup: true,
      name: 'Adda',
      memberIds: [biren.userId],
    });
    for (const content of ['one', 'two'])
      await asha.call(chatRest.sendMessage, text(group.id, content));

    await until('it hears', () => contentsOf(device, group.id).at(-1) === 'two');
    expect(viewOf(device.database)).toEqual(await viewOverRest(biren));
  });
});

describe('an outbox', () => {
  /** The ack never comes, though the server has the message. */
  const cutAfterSending =
    (times: number): Connect =>
    (url, options) => {
      const socket = io(url, options);
      socket.onAnyOutgoing((event: string) => {
        if (event !== 'send_message' || times-- <= 0) return;
        setImmediate(() => socket.io.engine.close());
      });
      return socket;
    };

  test('sends what lost its ack again, once for everyone', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const sender = await aDevice(first!.url, asha, { connect: cutAfterSending(6) });
    const device = await aDevice(second!.url, biren);

    const sent = await Promise.all(
      Array.from({ length: 20 }, (_, i) => sender.send({ chatId, content: String(i) })),
    );

    const expected = Array.from({ length: 20 }, (_, i) => String(i));
    expect(sent.map(({ content }) => content)).toEqual(expected);
    const stored = await allMessages(asha, chatId);
    expect(stored.map(({ content }) => content)).toEqual(expected);
    await until('the other has it', () => contentsOf(device, chatId).length === 20);
    expect(contentsOf(device, chatId)).toEqual(expected);
    expect(contentsOf(sender, chatId)).toEqual(expected);
  });

  test('keeps what was written while offline over a restart, in order', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const offline = await aDevice('http://127.0.0.1:9', asha);
    for (const content of ['one', 'two', 'three'])
      offline.send({ chatId, content }).catch(() => undefined);
    await until('it is kept', () => offline.unsent() === 3);
    await offline.stop();

    const back = await aDevice(first!.url, asha);
    await settled(back);

    expect(contentsOf(back, chatId)).toEqual(['one', 'two', 'three']);
    expect(await allMessages(asha, chatId)).toHaveLength(3);
  });

  test('gives up what the server will never take, and goes on', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const device = await aDevice(first!.url, asha);

    const refused = device.send({ chatId, content: '' });
    const next = device.send({ chatId, content: 'next' });

    await expect(refused).rejects.toMatchObject({ problem: { code: 'validation_failed' } });
    await expect(next).resolves.toMatchObject({ content: 'next' });
    expect(device.unsent()).toBe(0);
  });

  test('in a file survives a write that was cut short', async () => {
    const path = join(tmpdir(), `${randomUUID()}.jsonl`);
    atEnd(() => rm(path));
    const store = createFileStore(path);
    await store.load();
    const [one, two] = [text(randomUUID(), 'one'), text(randomUUID(), 'two')];
    await store.add(one);
    await store.add(two);
    await store.remove(one.clientMessageId);
    await appendFile(path, '{"add":{"chatId":"');

    expect(await createFileStore(path).load()).toEqual([two]);
    expect((await stat(path)).size).toBeLessThan(300);
  });
});
