import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createDatabase } from '@taar/client';
import { chatRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { aDirectChat, aMessage, aUser } from '@taar/testing/factories';
import { aDevice, contentsOf, intercepting, untilSynced } from './devices.ts';
import { text } from './messages.ts';
import { startSlowProxy } from './slow-proxy.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat();
const { admin } = chat;

/** Far less than the backlog takes on this link, so that one large answer would come too late. */
const ackMs = 2_000;
const messages = 75;

test('a device on a slow link gets a long backlog step by step, and sends before its end', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  const person = chat.as(biren);
  const database = createDatabase();
  const before = await aDevice(chat.url, person, { database });
  await untilSynced(before);
  await before.stop();
  // Random, because a compressed answer would otherwise be small on any link.
  for (let i = 0; i < messages; i++)
    await aMessage(admin, { id: chatId }, asha, {
      content: `${i} ${randomBytes(225).toString('base64')}`,
    });
  const link = await startSlowProxy(chat.url, { bytesPerSecond: 8_000 });

  const device = await aDevice(link.url, person, { database, ackMs });
  const counts = new Set<number>();
  const watch = setInterval(() => counts.add(contentsOf(device, chatId).length), 10);
  atEnd(() => clearInterval(watch));
  await device.send({ chatId, content: 'Kemon aso?' });
  const countAtSend = contentsOf(device, chatId).length;
  await until('everything has arrived', () => contentsOf(device, chatId).length > messages, 50_000);

  expect(countAtSend).toBeLessThan(messages);
  expect(counts.size).toBeGreaterThan(3);
  await untilSynced(device);
  expect(contentsOf(device, chatId).at(-1)).toBe('Kemon aso?');
}, 60_000);

/** The answers to syncs as they are on the wire, for a client that does or does not compress. */
const answersTo = async (compress: boolean) => {
  const { asha, biren, chatId } = await chat.twoFriends();
  const content = 'Kemon aso? '.repeat(500);
  await asha.call(chatRest.sendMessage, text(chatId, content));
  const answers: unknown[] = [];
  const connect = intercepting(async (ask, event) => {
    const answer = await ask();
    if (event === 'sync') answers.push(answer);
    return answer;
  });
  const device = await aDevice(chat.url, biren, { connect, compress });
  await until('the message has arrived', () => contentsOf(device, chatId).length === 1);
  expect(contentsOf(device, chatId)).toEqual([content]);
  return answers;
};

test('a long answer on the socket is compressed only for a client that asks for it', async () => {
  const compressed = { ok: true, gzip: expect.anything() };

  expect(await answersTo(true)).toContainEqual(compressed);
  expect(await answersTo(false)).not.toContainEqual(compressed);
});
