import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { createDatabase } from '@taar/client';
import { atEnd } from '@taar/testing/at-end';
import { aDirectChat, aMessage, aUser } from '@taar/testing/factories';
import { aDevice, contentsOf, untilSynced } from '../test/devices.ts';
import { type Link, startSlowProxy } from '../test/slow-proxy.ts';
import { startChat } from '../test/start.ts';
import { until } from '../test/wait.ts';

const messages = Number(process.env['BENCH_MESSAGES'] ?? 300);
const withinMs = 600_000;

const links: Link[] = [8_000, 20_000, 45_000].flatMap((bytesPerSecond) =>
  [100, 800].flatMap((roundTripMs) =>
    [0, 0.02].map((heldShare) => ({
      bytesPerSecond,
      latencyMs: roundTripMs / 2,
      heldShare,
      holdMs: 3_000,
    })),
  ),
);

const chat = await startChat();
const { admin } = chat;

/** Serves as many bytes as the path names. */
const plain = createServer((req, res) => {
  res.end(randomBytes(Number(req.url!.slice(1))));
}).listen(0, '127.0.0.1');
await once(plain, 'listening');
atEnd(() => {
  plain.close();
  plain.closeAllConnections();
});
const plainUrl = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;

const secondsSince = (startedAt: number) => (performance.now() - startedAt) / 1_000;

/** How long a returning device takes for its backlog, and a download of as many bytes. */
const measure = async (link: Link) => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  const person = chat.as(biren);
  const database = createDatabase();
  const before = await aDevice(chat.url, person, { database });
  await untilSynced(before);
  await before.stop();
  for (let i = 0; i < messages; i++)
    await aMessage(admin, { id: chatId }, asha, { content: randomBytes(225).toString('base64') });

  const proxy = await startSlowProxy(chat.url, link);
  const syncedAt = performance.now();
  const device = await aDevice(proxy.url, person, { database });
  const hasAll = () => contentsOf(device, chatId).length === messages;
  await until('the device has every message', hasAll, withinMs);
  const synced = secondsSince(syncedAt);
  const bytes = proxy.sentBytes();
  await device.stop();

  const { url } = await startSlowProxy(plainUrl, link);
  const downloadedAt = performance.now();
  await (await fetch(`${url}/${bytes}`)).arrayBuffer();
  return { bytes, synced, downloaded: secondsSince(downloadedAt) };
};

test('measures a backlog on slow links against a plain download of as many bytes', async () => {
  const rows = await Promise.all(
    links.map(async (link) => {
      const { bytes, synced, downloaded } = await measure(link);
      return {
        'kB/s': link.bytesPerSecond / 1_000,
        'round trip ms': 2 * (link.latencyMs ?? 0),
        'held %': 100 * (link.heldShare ?? 0),
        kB: Math.round(bytes / 1_000),
        'sync s': synced.toFixed(1),
        'plain s': downloaded.toFixed(1),
        ratio: Number((synced / downloaded).toFixed(2)),
      };
    }),
  );
  process.stdout.write(`${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
  expect(rows).toHaveLength(links.length);
}, 900_000);
