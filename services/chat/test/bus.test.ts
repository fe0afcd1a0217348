import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Client } from '@taar/client';
import { chatRest } from '@taar/contracts';
import { aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import { startOwnRedis } from '@taar/testing/redis';
import { startRedisProxy } from '@taar/testing/redis-proxy';
import { Redis } from 'ioredis';
import request from 'supertest';
import { aDevice, settled, until, viewOf, viewOverRest } from './devices.ts';
import { startProcess } from './processes.ts';
import { startChat } from './start.ts';

const chat = await startChat(1);
/** Failures are found soon, and whoever is to sync is told soon. */
const quick = { BUS_BEAT_MS: '100', RESYNC_SPREAD_MS: '100' };
/** Never asks by itself: what it missed it learns only because the server tells it to sync. */
const patient = { holdMs: 600_000, heartbeatMs: 600_000 };

type Node = { url: string };
const text = (chatId: string, content: string) => ({
  chatId,
  clientMessageId: randomUUID(),
  content,
});

/** Two people in a chat, each with a device on a node of their own. */
const twoDevices = async (nodes: [Node, Node]) => {
  const users = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
  const { id: chatId } = await aDirectChat(chat.admin, ...users);
  const asha = chat.at(nodes[0].url)(users[0]);
  const biren = chat.at(nodes[1].url)(users[1]);
  const devices = await Promise.all([
    aDevice(nodes[0].url, asha, patient),
    aDevice(nodes[1].url, biren, patient),
  ]);
  await Promise.all(devices.map(settled));
  return { chatId, asha, biren, devices };
};

const messagesIn = (device: Client, chatId: string) =>
  [...(device.database.chats.get(chatId)?.messages.values() ?? [])].toSorted(
    (a, b) => a.seq - b.seq,
  );

/** A node whose way to Redis leads through a proxy, and one with a way of its own. */
const oneBehindProxy = async () => {
  const proxy = await startRedisProxy(chat.redis.url);
  const [near, far] = await Promise.all([
    chat.startNode({ ...quick, REDIS_URL: proxy.url }),
    chat.startNode(quick),
  ]);
  return { proxy, ...(await twoDevices([near, far])), near, far };
};

const isDegraded = async ({ url }: Node) =>
  (await request(url).get('/ready')).body.status === 'degraded';

describe('without Redis', () => {
  test('T-R1 nothing is lost or doubled when it is killed under traffic, and no node ends', async () => {
    const redis = await startOwnRedis();
    const env = { ...chat.env, ...quick, REDIS_URL: redis.url };
    const nodes = await Promise.all([startProcess(env), startProcess(env)]);
    const { chatId, asha, biren, devices } = await twoDevices(nodes);
    let talking = true;
    let said = 0;
    const talk = async (device: Client, name: string) => {
      const sent: string[] = [];
      while (talking) {
        const content = `${name} ${sent.length}`;
        await device.send({ chatId, content });
        sent.push(content);
        said += 1;
        await new Promise((resolve) => {
          setTimeout(resolve, 60);
        });
      }
      return sent;
    };
    const talks = [talk(devices[0], 'Asha'), talk(devices[1], 'Biren')];
    const saidMore = async (count: number) => {
      const enough = said + count;
      await until(`${count} more are said`, () => said >= enough);
    };

    await saidMore(10);
    await redis.kill();
    await saidMore(10);
    await redis.restart();
    await saidMore(10);
    talking = false;
    const [fromAsha, fromBiren] = await Promise.all(talks);

    for (const [i, person] of [asha, biren].entries()) {
      const device = devices[i]!;
      const all = fromAsha!.length + fromBiren!.length;
      await until('all arrives', () => messagesIn(device, chatId).length === all);
      expect(viewOf(device.database)).toEqual(await viewOverRest(person));
      for (const sent of [fromAsha!, fromBiren!]) {
        const name = sent[0]!.split(' ')[0]!;
        const seen = messagesIn(device, chatId).map(({ content }) => content!);
        expect(seen.filter((content) => content.startsWith(name))).toEqual(sent);
      }
    }
    for (const node of nodes) {
      expect(node.isRunning()).toBe(true);
      expect(node.errors()).toEqual([]);
      expect(node.logged('live events between nodes flow again').length).toBeGreaterThan(0);
    }
  }, 120_000);

  test('T-R2 what a node could not tell while Redis was read-only is told afterwards', async () => {
    const { proxy, chatId, asha, biren, devices } = await oneBehindProxy();
    proxy.setReadOnly(true);
    for (const content of ['one', 'two'])
      await asha.call(chatRest.sendMessage, text(chatId, content));
    expect(messagesIn(devices[1], chatId)).toEqual([]);

    proxy.setReadOnly(false);

    await until('it is told', () => messagesIn(devices[1], chatId).length === 2);
    expect(viewOf(devices[1].database)).toEqual(await viewOverRest(biren));
  });

  test('T-R3 a node whose subscription fell silent says so, and its clients learn what they missed', async () => {
    const { proxy, chatId, asha, biren, devices, near } = await oneBehindProxy();
    proxy.deafen();
    await biren.call(chatRest.sendMessage, text(chatId, 'into the silence'));

    await until('it says so', () => isDegraded(near));
    await until('it is told', () => messagesIn(devices[0], chatId).length === 1);
    await until('it hears again', async () => !(await isDegraded(near)));
    await biren.call(chatRest.sendMessage, text(chatId, 'live again'));
    await until('it arrives', () => messagesIn(devices[0], chatId).length === 2);
    expect(viewOf(devices[0].database)).toEqual(await viewOverRest(asha));
  });

  test('a frozen Redis delays nothing for long, and everyone is told what was not heard', async () => {
    const { proxy, chatId, asha, devices, near } = await oneBehindProxy();
    proxy.freeze();
    const sent = await asha.call(chatRest.sendMessage, text(chatId, 'frozen'));
    expect(sent.status).toBe(201);
    await until('the node says so', () => isDegraded(near));
    expect(messagesIn(devices[1], chatId)).toEqual([]);
    await until('its own client has it', () => messagesIn(devices[0], chatId).length === 1);

    proxy.thaw();

    await until('the other has it', () => messagesIn(devices[1], chatId).length === 1);
  });
});

describe('with another Redis than before', () => {
  test('T-R4 limits hold, and what is said is heard, when it was emptied or is away', async () => {
    const redis = await startOwnRedis();
    const strict = { RATE_LIMIT_FACTOR: '1', REDIS_URL: redis.url };
    const node = await chat.startNode({ ...quick, ...strict });
    const { chatId, asha, devices } = await twoDevices([node, node]);
    const phone = await chat.at(node.url)({ id: asha.userId }).connect();
    /** How many of five attempts get through: three, in six seconds. */
    const typed = async () => {
      const acks = [];
      for (let i = 0; i < 5; i++) acks.push(await phone.ask('typing_start', { chatId }));
      return acks.filter(({ ok }) => ok).length;
    };
    expect(await typed()).toBe(3);

    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    expect(await typed()).toBe(3);
    await redis.kill();
    expect(await typed()).toBe(3);

    await devices[0].send({ chatId, content: 'hello' });
    await until('it is heard', () => messagesIn(devices[1], chatId).length === 1);
  });
});

describe('a removal that no other node hears of', () => {
  test('T-M3 lets nothing through to the removed, on any node', async () => {
    const deaf = await chat.startNode({}, { publishCommits: () => {}, publish: () => {} });
    const nodes = await Promise.all([chat.startNode(), chat.startNode()]);
    const [owner, leaver, stayer] = await Promise.all([1, 2, 3].map(() => aUser(chat.admin)));
    const { id: chatId } = await aGroup(chat.admin, {
      owner: owner!,
      members: [leaver!, stayer!],
    });
    const phones = await Promise.all(nodes.map(async ({ as }) => as(leaver!).connect()));
    const others = await Promise.all(nodes.map(async ({ as }) => as(stayer!).connect()));
    const speakers = nodes.map(({ as }) => as(owner!));
    await speakers[0]!.call(chatRest.sendMessage, text(chatId, 'before'));
    await Promise.all([...phones, ...others].map((phone) => phone.next('message_received')));

    await deaf.as(owner!).call(chatRest.removeMember, { chatId, userId: leaver!.id });
    for (const speaker of speakers) {
      const { body } = await speaker.call(chatRest.sendMessage, text(chatId, 'after'));
      const place = { chatId, messageId: body.id };
      await speaker.call(chatRest.setReaction, { ...place, emoji: '👍' });
      await speaker.call(chatRest.editMessage, { ...place, content: 'edited' });
      for (const phone of others)
        await phone.next('message_updated', ({ message }) => message.id === body.id);
    }

    for (const phone of phones) {
      expect(phone.seen('message_received')).toHaveLength(1);
      for (const event of ['message_updated', 'reaction_updated', 'members_updated'] as const)
        expect(phone.seen(event)).toEqual([]);
    }
  });
});
