import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { aDevice, contentsOf } from './devices.ts';
import { text } from './messages.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat();

/** A proxy that drops `Upgrade`, so that no WebSocket opens behind it. */
const startPlainProxy = async (target: string) => {
  const sockets = new Set<Socket>();
  const server = createServer((phone) => {
    const node = connect(Number(new URL(target).port), '127.0.0.1');
    for (const socket of [phone, node]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => [phone, node].map((end) => end.destroy()));
    }
    phone.on('data', (bytes) =>
      node.write(bytes.toString('latin1').replace(/^upgrade: .*\r\n/im, ''), 'latin1'),
    );
    node.pipe(phone);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('a device without a socket sends, receives and reports deliveries over REST', async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  await asha.call(chatRest.sendMessage, text(chatId, 'Kemon aso?'));

  const device = await aDevice(await startPlainProxy(chat.url), biren);

  // Before the device sends, because a send moves the sender's own watermark.
  await until('the message counts as delivered', async () => {
    const { body } = await asha.call(chatRest.getChat, { chatId });
    return body.receipts?.deliveredToAllUpToSeq === 1;
  });
  expect(contentsOf(device, chatId)).toEqual(['Kemon aso?']);
  const sent = await device.send({ chatId, content: 'Bhalo' });
  expect(sent).toMatchObject({ content: 'Bhalo', seq: 2 });
  await until('the device has both messages', () => contentsOf(device, chatId).length === 2);
  expect(device.isReady()).toBe(false);
});
