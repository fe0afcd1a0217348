import { expect, test } from '@jest/globals';
import { messagesOf } from '@taar/client';
import { startBalancer } from '@taar/testing/balancer';
import { aGroup, aUser } from '@taar/testing/factories';
import { aDevice, settled, until, viewOf, viewOverRest } from './devices.ts';
import { startProcess } from './processes.ts';
import { startChat } from './start.ts';

const chat = await startChat(1);
const env = { ...chat.env, DRAIN_SECONDS: '1', BUS_BEAT_MS: '200', RESYNC_SPREAD_MS: '200' };
const startNode = () => startProcess(env);

/** Members of one group on devices that reach the nodes through a load balancer, all talking. */
const aTalkativeGroup = async (url: string, size: number) => {
  const users = await Promise.all(Array.from({ length: size }, () => aUser(chat.admin)));
  const [owner, ...members] = users;
  const { id: chatId } = await aGroup(chat.admin, { owner: owner!, members });
  const people = users.map(chat.as);
  const devices = await Promise.all(
    people.map((person) => aDevice(url, person, { heartbeatMs: 1_000, holdMs: 200 })),
  );
  await Promise.all(devices.map(settled));

  let talking = true;
  let said = 0;
  const talks = devices.map(async (device, who) => {
    const sent: string[] = [];
    while (talking) {
      const content = `${who}:${sent.length}`;
      sent.push(content);
      await device.send({ chatId, content });
      said += 1;
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
    }
    return sent;
  });

  return {
    chatId,
    people,
    devices,
    sayMore: async (count: number) => {
      const enough = said + count;
      await until(`${count} more are said`, () => said >= enough, 30_000);
    },
    fallSilent: () => {
      talking = false;
      return Promise.all(talks);
    },
  };
};

test('whatever ends or breaks, everyone has every message once and in order', async () => {
  const balancer = await startBalancer();
  const [first, second] = await Promise.all([startNode(), startNode()]);
  balancer.spreadOver(first.url, second.url);
  const spares = [startNode(), startNode()] as const;
  const group = await aTalkativeGroup(balancer.url, 4);
  await group.sayMore(20);

  // A node is killed; another takes its place.
  await first.end('SIGKILL');
  balancer.spreadOver(second.url);
  await group.sayMore(20);
  const third = await spares[0];
  balancer.spreadOver(third.url, second.url);

  // Every connection breaks, again and again.
  for (let times = 0; times < 3; times++) {
    balancer.reset();
    await group.sayMore(10);
  }

  // A node is replaced as in a deployment.
  balancer.spreadOver(third.url);
  expect(await second.end('SIGTERM')).toEqual([0, null]);
  await group.sayMore(10);

  // The last node is killed, and for a moment there is none.
  const fourth = await spares[1];
  await third.end('SIGKILL');
  balancer.spreadOver(fourth.url);
  await group.sayMore(20);

  const sent = await group.fallSilent();
  const { chatId, devices, people } = group;
  const everything = await viewOverRest(chat.as({ id: people[0]!.userId }));
  const stored = everything[0]!.messages.map(({ content }) => content!);
  expect(everything[0]!.messages.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1));
  for (const [who, own] of sent.entries())
    expect(stored.filter((content) => content.startsWith(`${who}:`))).toEqual(own);
  for (const [i, device] of devices.entries()) {
    const has = () => messagesOf(device.database, chatId).length;
    await until(`device ${i} has everything`, () => has() === stored.length);
    expect(viewOf(device.database)).toEqual(await viewOverRest(people[i]!));
  }
  for (const node of [second, fourth]) expect(node.errors()).toEqual([]);
}, 120_000);
