import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import type { Client } from '@taar/client';
import { chatRest } from '@taar/contracts';
import { createLogger } from '@taar/kit/logger';
import { createSubscriber } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import { startOwnRedis } from '@taar/testing/redis';
import { startRedisProxy } from '@taar/testing/redis-proxy';
import { Redis } from 'ioredis';
import request from 'supertest';
import { localView, serverView } from './chat-views.ts';
import { aDevice, untilSynced } from './devices.ts';
import { text } from './messages.ts';
import { startProcess } from './processes.ts';
import { startChat } from './start.ts';
import { pause, until } from './wait.ts';

const chat = await startChat(1);
/** A node notices a failure of the bus soon, and soon asks its clients to sync. */
const quick = { BUS_BEAT_MS: '100', RESYNC_SPREAD_MS: '100' };
/** A device that syncs only when the server asks it to. */
const passive = { holdMs: 600_000, heartbeatMs: 600_000 };

type Node = { url: string };

/** Two people of a direct chat, with a device on each of the nodes. */
const twoDevices = async (nodes: [Node, Node]) => {
  const users = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
  const { id: chatId } = await aDirectChat(chat.admin, ...users);
  const asha = chat.at(nodes[0].url)(users[0]);
  const biren = chat.at(nodes[1].url)(users[1]);
  const devices = await Promise.all([
    aDevice(nodes[0].url, asha, passive),
    aDevice(nodes[1].url, biren, passive),
  ]);
  await Promise.all(devices.map(untilSynced));
  return { chatId, asha, biren, devices };
};

const messagesIn = (device: Client, chatId: string) =>
  [...(device.database.chats.get(chatId)?.messages.values() ?? [])].toSorted(
    (a, b) => a.seq - b.seq,
  );

/** A node that reaches Redis through a proxy, and another one without a proxy. */
const nodeBehindProxy = async () => {
  const proxy = await startRedisProxy(chat.redis.url);
  const [near, far] = await Promise.all([
    chat.startNode({ ...quick, REDIS_URL: proxy.url }),
    chat.startNode(quick),
  ]);
  return { proxy, ...(await twoDevices([near, far])), near, far };
};

const isDegraded = async ({ url }: Node) =>
  (await request(url).get('/ready')).body.status === 'degraded';

describe('an outage of Redis', () => {
  test('no message is lost or doubled and no node exits when Redis is killed', async () => {
    const redis = await startOwnRedis();
    const env = { ...chat.env, ...quick, REDIS_URL: redis.url };
    const nodes = await Promise.all([startProcess(env), startProcess(env)]);
    const { chatId, asha, biren, devices } = await twoDevices(nodes);
    let sending = true;
    let sentCount = 0;
    const keepSending = async (device: Client, name: string) => {
      const sent: string[] = [];
      while (sending) {
        const content = `${name} ${sent.length}`;
        await device.send({ chatId, content });
        sent.push(content);
        sentCount += 1;
        await pause(60);
      }
      return sent;
    };
    const senders = [keepSending(devices[0], 'Asha'), keepSending(devices[1], 'Biren')];
    const untilMoreSent = async (count: number) => {
      const enough = sentCount + count;
      await until(`${count} more messages are sent`, () => sentCount >= enough);
    };

    await untilMoreSent(10);
    await redis.kill();
    await untilMoreSent(10);
    await redis.restart();
    await untilMoreSent(10);
    sending = false;
    const [fromAsha, fromBiren] = await Promise.all(senders);

    for (const [i, person] of [asha, biren].entries()) {
      const device = devices[i]!;
      const all = fromAsha!.length + fromBiren!.length;
      await until('every message arrives', () => messagesIn(device, chatId).length === all);
      expect(localView(device.database)).toEqual(await serverView(person));
      for (const sent of [fromAsha!, fromBiren!]) {
        const name = sent[0]!.split(' ')[0]!;
        const seen = messagesIn(device, chatId).map(({ content }) => content!);
        expect(seen.filter((content) => content.startsWith(name))).toEqual(sent);
      }
    }
    for (const node of nodes) {
      expect(node.isRunning()).toBe(true);
      expect(node.errors()).toEqual([]);
      expect(node.logged('The bus between nodes works again.').length).toBeGreaterThan(0);
    }
  }, 120_000);

  test('a subscriber whose first connections are cut early hears all its channels', async () => {
    const subscriber = createSubscriber(chat.redis.url, createLogger('chat', 'error'));
    atEnd(() => subscriber.disconnect());
    const heard = new Set<string>();
    const channels = ['a', 'b', 'c'].map((name) => `${chat.redis.prefix}:${name}`);
    subscriber.on('message', (channel) => heard.add(channel));
    const subscribed = Promise.all([
      subscriber.subscribe(channels[0]!),
      subscriber.subscribe(channels[1]!, channels[2]!),
    ]);
    await once(subscriber, 'connect');
    subscriber.disconnect(true);
    await subscribed;
    subscriber.disconnect(true);

    const publisher = new Redis(chat.redis.url);
    atEnd(() => publisher.disconnect());
    await until('a message of every channel is heard', async () => {
      for (const channel of channels) await publisher.publish(channel, '');
      return heard.size === channels.length;
    });
    expect([...heard].toSorted()).toEqual(channels);
  });

  test('messages of a node whose Redis was read-only reach clients afterwards', async () => {
    const { proxy, chatId, asha, biren, devices } = await nodeBehindProxy();
    proxy.setReadOnly(true);
    for (const content of ['one', 'two'])
      await asha.call(chatRest.sendMessage, text(chatId, content));
    expect(messagesIn(devices[1], chatId)).toEqual([]);

    proxy.setReadOnly(false);

    await until('both messages arrive', () => messagesIn(devices[1], chatId).length === 2);
    expect(localView(devices[1].database)).toEqual(await serverView(biren));
  });

  test('a node with a silent subscription is degraded, and its clients catch up', async () => {
    const { proxy, chatId, asha, biren, devices, near } = await nodeBehindProxy();
    proxy.deafen();
    await biren.call(chatRest.sendMessage, text(chatId, 'missed'));

    await until('the node is degraded', () => isDegraded(near));
    await until('the missed message arrives', () => messagesIn(devices[0], chatId).length === 1);
    await until('the node is no longer degraded', async () => !(await isDegraded(near)));
    await biren.call(chatRest.sendMessage, text(chatId, 'live again'));
    await until('the live message arrives', () => messagesIn(devices[0], chatId).length === 2);
    expect(localView(devices[0].database)).toEqual(await serverView(asha));
  });

  test('a frozen Redis holds up no send, and its messages arrive when it thaws', async () => {
    const { proxy, chatId, asha, devices, near } = await nodeBehindProxy();
    proxy.freeze();
    const sent = await asha.call(chatRest.sendMessage, text(chatId, 'frozen'));
    expect(sent.status).toBe(201);
    await until('the node is degraded', () => isDegraded(near));
    expect(messagesIn(devices[1], chatId)).toEqual([]);
    await until(
      'the client of the same node has it',
      () => messagesIn(devices[0], chatId).length === 1,
    );

    proxy.thaw();

    await until(
      'the client of the other node has it',
      () => messagesIn(devices[1], chatId).length === 1,
    );
  });
});

describe('an emptied Redis', () => {
  test('rate limits hold and messages arrive while Redis is empty or away', async () => {
    const redis = await startOwnRedis();
    const strict = { RATE_LIMIT_FACTOR: '1', REDIS_URL: redis.url };
    const node = await chat.startNode({ ...quick, ...strict });
    const { chatId, asha, devices } = await twoDevices([node, node]);
    const phone = await chat.at(node.url)({ id: asha.userId }).connect();
    /** How many of five attempts pass the limit of three in six seconds. */
    const acceptedOfFive = async () => {
      const acks = [];
      for (let i = 0; i < 5; i++) acks.push(await phone.ask('typing_start', { chatId }));
      return acks.filter(({ ok }) => ok).length;
    };
    expect(await acceptedOfFive()).toBe(3);

    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    expect(await acceptedOfFive()).toBe(3);
    await redis.kill();
    expect(await acceptedOfFive()).toBe(3);

    await devices[0].send({ chatId, content: 'hello' });
    await until('the message arrives', () => messagesIn(devices[1], chatId).length === 1);
  });
});

describe('a removal that reaches no other node', () => {
  test('a removed member receives nothing more, on any node', async () => {
    const isolated = await chat.startNode({}, { publishCommits: () => {}, publish: () => {} });
    const nodes = await Promise.all([chat.startNode(), chat.startNode()]);
    const [owner, removed, remaining] = await Promise.all([1, 2, 3].map(() => aUser(chat.admin)));
    const { id: chatId } = await aGroup(chat.admin, {
      owner: owner!,
      members: [removed!, remaining!],
    });
    const removedPhones = await Promise.all(nodes.map(async ({ as }) => as(removed!).connect()));
    const remainingPhones = await Promise.all(
      nodes.map(async ({ as }) => as(remaining!).connect()),
    );
    const owners = nodes.map(({ as }) => as(owner!));
    await owners[0]!.call(chatRest.sendMessage, text(chatId, 'before'));
    await Promise.all(
      [...removedPhones, ...remainingPhones].map((phone) => phone.next('message_received')),
    );

    await isolated.as(owner!).call(chatRest.removeMember, { chatId, userId: removed!.id });
    for (const ownerOnNode of owners) {
      const { body } = await ownerOnNode.call(chatRest.sendMessage, text(chatId, 'after'));
      const place = { chatId, messageId: body.id };
      await ownerOnNode.call(chatRest.setReaction, { ...place, emoji: '👍' });
      await ownerOnNode.call(chatRest.editMessage, { ...place, content: 'edited' });
      for (const phone of remainingPhones)
        await phone.next('message_updated', ({ message }) => message.id === body.id);
    }

    for (const phone of removedPhones) {
      expect(phone.seen('message_received')).toHaveLength(1);
      for (const event of ['message_updated', 'reaction_updated', 'members_updated'] as const)
        expect(phone.seen(event)).toEqual([]);
    }
  });
});
