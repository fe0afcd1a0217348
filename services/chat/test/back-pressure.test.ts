import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { createLogger } from '@taar/kit/logger';
import { createPublish } from '@taar/kit/publish';
import { createSubscriber } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { aDirectChat, aUser } from '@taar/testing/factories';
import type { Phone } from '@taar/testing/phone';
import { untilOnline } from './presence.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat();
const { admin, redis } = chat;
const prefix = `${redis.prefix}:back-pressure`;
// No grace, so that users of cut sockets go offline at once, and a lease longer than the test.
const node = await chat.startNode({
  REDIS_PREFIX: prefix,
  HEARTBEAT_MS: '20000',
  PRESENCE_GRACE_MS: '0',
});

const logger = createLogger('test', 'error');
const client = createSubscriber(redis.url, logger);
atEnd(() => client.disconnect());
const publish = createPublish(client, prefix, logger);

/** An event of 200 kB, so that few of them fill the buffers of a connection. */
const large = { chatIds: Array.from({ length: 5_000 }, () => randomUUID()) };

/** Emits large events to these users until the node has cut all their connections. */
const fillUntilCut = (ids: string[]) =>
  until('their connections are cut', async () => {
    const left = await admin.user.findMany({ where: { id: { in: ids }, isOnline: true } });
    if (left.length > 0) publish('resync_required', { users: left.map(({ id }) => id) }, large);
    return left.length === 0;
  });

type Inner = { io: { engine: { transport: { ws: { _socket: Socket } } } } };
const connectionOf = ({ socket }: Phone) =>
  (socket as unknown as Inner).io.engine.transport.ws._socket;

/** A proxy before the node. Once narrowed, it passes a kilobyte a second to the client. */
const startNarrowProxy = async () => {
  const narrowFunctions: (() => void)[] = [];
  const phones: Socket[] = [];
  const server = createServer((phone) => {
    const upstream = connect(Number(new URL(node.url).port), '127.0.0.1');
    phones.push(phone);
    phone.pipe(upstream);
    const pass = (bytes: Buffer) => phone.write(bytes);
    upstream.on('data', pass);
    let timer: NodeJS.Timeout | undefined;
    narrowFunctions.push(() => {
      upstream.off('data', pass).pause();
      timer = setInterval(() => {
        const bytes = upstream.read(Math.min(1_024, upstream.readableLength)) as Buffer | null;
        if (bytes) phone.write(bytes);
      }, 1_000);
    });
    phone.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream
      .on('error', () => phone.destroy())
      .on('close', () => {
        clearInterval(timer);
        phone.destroy();
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    narrow: () => narrowFunctions.forEach((narrow) => narrow()),
    /** Cuts the connections, and drops the bytes on their way. */
    cut: () => phones.forEach((phone) => phone.destroy()),
  };
};

test('clients that do not read are cut, and all others receive everything', async () => {
  const people = await Promise.all(Array.from({ length: 20 }, () => aUser(admin)));
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  const reader = await node.as(biren).connect();
  const stalled = await Promise.all(people.map((user) => node.as(user).connect()));
  for (const { id } of people) await untilOnline(admin, id);
  for (const phone of stalled) connectionOf(phone).pause();

  const filling = fillUntilCut(people.map(({ id }) => id));
  for (let i = 0; i < 20; i++)
    await node.as(asha).call(chatRest.sendMessage, {
      chatId,
      clientMessageId: randomUUID(),
      content: `${i}`,
    });
  await filling;

  await reader.next('message_received', ({ message }) => message.seq === 20);
  expect(reader.seen('message_received')).toHaveLength(20);
  for (const phone of stalled) connectionOf(phone).resume();
  expect(await Promise.all(stalled.map(({ closed }) => closed))).toHaveLength(20);
});

test('a client that reads too slowly is cut, and catches up when it reconnects', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  const proxy = await startNarrowProxy();
  const slow = await chat.at(proxy.url)(biren).connect();
  await untilOnline(admin, biren.id);
  proxy.narrow();

  const filling = fillUntilCut([biren.id]);
  for (let i = 0; i < 10; i++)
    await node.as(asha).call(chatRest.sendMessage, {
      chatId,
      clientMessageId: randomUUID(),
      content: `${i}`,
    });
  await filling;
  proxy.cut();
  await slow.closed;

  const again = await node.as(biren).connect();
  const ack = await again.ask('sync', { protocol: 1, chats: [{ id: chatId, changeSeq: 0 }] });
  expect(ack).toMatchObject({ ok: true, data: { chats: [{ id: chatId, lastSeq: 10 }] } });
});
