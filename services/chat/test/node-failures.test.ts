import { expect, test } from '@jest/globals';
import { messagesOf } from '@taar/client';
import { startBalancer } from '@taar/testing/balancer';
import { aGroup, aUser } from '@taar/testing/factories';
import { localView, serverView } from './chat-views.ts';
import { aDevice, untilSynced } from './devices.ts';
import { startProcess } from './processes.ts';
import { startChat } from './start.ts';
import { pause, until } from './wait.ts';

const chat = await startChat(1);
const env = { ...chat.env, DRAIN_SECONDS: '1', BUS_BEAT_MS: '200', RESYNC_SPREAD_MS: '200' };
const startNode = () => startProcess(env);

/** A group whose members all send steadily, from devices behind a load balancer. */
const aBusyGroup = async (url: string, size: number) => {
  const users = await Promise.all(Array.from({ length: size }, () => aUser(chat.admin)));
  const [owner, ...members] = users;
  const { id: chatId } = await aGroup(chat.admin, { owner: owner!, members });
  const people = users.map(chat.as);
  const devices = await Promise.all(
    people.map((person) => aDevice(url, person, { heartbeatMs: 1_000, holdMs: 200 })),
  );
  await Promise.all(devices.map(untilSynced));

  let sending = true;
  let sentCount = 0;
  const senders = devices.map(async (device, index) => {
    const sent: string[] = [];
    while (sending) {
      const content = `${index}:${sent.length}`;
      sent.push(content);
      await device.send({ chatId, content });
      sentCount += 1;
      await pause(100);
    }
    return sent;
  });

  return {
    chatId,
    people,
    devices,
    untilMoreSent: async (count: number) => {
      const enough = sentCount + count;
      await until(`${count} more messages are sent`, () => sentCount >= enough, 30_000);
    },
    stop: () => {
      sending = false;
      return Promise.all(senders);
    },
  };
};

test('every device has each message once and in order, whatever node breaks', async () => {
  const balancer = await startBalancer();
  const [first, second] = await Promise.all([startNode(), startNode()]);
  balancer.spreadOver(first.url, second.url);
  const spares = [startNode(), startNode()] as const;
  const group = await aBusyGroup(balancer.url, 4);
  await group.untilMoreSent(20);

  // A node is killed; another takes its place.
  await first.end('SIGKILL');
  balancer.spreadOver(second.url);
  await group.untilMoreSent(20);
  const third = await spares[0];
  balancer.spreadOver(third.url, second.url);

  // Every connection breaks, three times.
  for (let times = 0; times < 3; times++) {
    balancer.reset();
    await group.untilMoreSent(10);
  }

  // A node is stopped and replaced, as in a deployment.
  balancer.spreadOver(third.url);
  expect(await second.end('SIGTERM')).toEqual([0, null]);
  await group.untilMoreSent(10);

  // The last node is killed before its replacement takes connections.
  const fourth = await spares[1];
  await third.end('SIGKILL');
  balancer.spreadOver(fourth.url);
  await group.untilMoreSent(20);

  const sent = await group.stop();
  const { chatId, devices, people } = group;
  const [view] = await serverView(chat.as({ id: people[0]!.userId }));
  const stored = view!.messages.map(({ content }) => content!);
  expect(view!.messages.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1));
  for (const [index, own] of sent.entries())
    expect(stored.filter((content) => content.startsWith(`${index}:`))).toEqual(own);
  for (const [i, device] of devices.entries()) {
    const count = () => messagesOf(device.database, chatId).length;
    await until(`device ${i} has every message`, () => count() === stored.length);
    expect(localView(device.database)).toEqual(await serverView(people[i]!));
  }
  for (const node of [second, fourth]) expect(node.errors()).toEqual([]);
}, 120_000);
