import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import { type Client, digestOf } from '@taar/client';
import type { Person } from '@taar/testing/people';
import {
  changedMessages,
  localFormerView,
  localView,
  serverFormerView,
  serverStarred,
  serverView,
} from '../chat-views.ts';
import { aDevice, untilSynced } from '../devices.ts';
import { until } from '../wait.ts';
import type { Device } from './device.ts';
import type { World } from './world.ts';

const serverState = async ({ admin }: World, person: Person) => ({
  active: await serverView(person),
  former: await serverFormerView(person),
  starred: await serverStarred(person),
  blocked: (await admin.block.findMany({ where: { blockerId: person.userId } }))
    .map(({ blockedId }) => blockedId)
    .toSorted(),
});

const localState = ({ database }: Client) => ({
  active: localView(database),
  former: localFormerView(database),
  starred: [...database.chats.values()]
    .flatMap(({ messages }) => [...messages.keys()].filter((id) => database.stars.has(id)))
    .toSorted(),
  blocked: [...database.blocked].toSorted(),
});

const assertSameView = async (world: World, device: Device) => {
  const { person, url } = device;
  const local = () => localState(device.client!);
  const server = await serverState(world, person);
  const isSame = () => isDeepStrictEqual(local(), server);
  await until('the device has the state of the server', isSame, 10_000).catch(() => {});
  expect(local()).toEqual(server);
  // A device with another digest would sync at every heartbeat.
  await until('the digests are equal', () => device.digest === digestOf(device.client!.database));

  const fresh = await aDevice(url, world.at(url)({ id: person.userId }));
  await untilSynced(fresh);
  expect(localState(fresh)).toEqual(server);
  await fresh.stop();
  for (const { id, messages } of [...server.active, ...server.former])
    expect(await changedMessages(person, id)).toEqual(messages);
};

export const assertSameViews = async (world: World) => {
  for (const device of world.devices) await assertSameView(world, device);
};

/** Each message of a device is stored once and in the device's order, unless it was refused. */
export const assertSentOnce = async ({ admin, devices, sentOverRest }: World) => {
  const sent = [...devices.flatMap((device) => device.sent), ...sentOverRest];
  const rows = await admin.message.findMany({
    where: { clientMessageId: { in: sent.map(({ clientMessageId }) => clientMessageId) } },
    select: { chatId: true, seq: true, clientMessageId: true },
    orderBy: { seq: 'asc' },
  });
  const stored = (of: typeof sent, chatId: string) => {
    const ids = new Set(of.map(({ clientMessageId }) => clientMessageId));
    return rows
      .filter((row) => row.chatId === chatId && ids.has(row.clientMessageId!))
      .map((row) => row.clientMessageId);
  };
  const idsIn = (of: typeof sent, chatId: string) =>
    of.filter((message) => message.chatId === chatId).map(({ clientMessageId }) => clientMessageId);
  for (const chatId of new Set(sent.map(({ chatId }) => chatId))) {
    expect(stored(sentOverRest, chatId).toSorted()).toEqual(idsIn(sentOverRest, chatId).toSorted());
    for (const device of devices) {
      const accepted = device.sent.filter(
        ({ clientMessageId }) => !device.refused.has(clientMessageId),
      );
      expect(stored(device.sent, chatId)).toEqual(idsIn(accepted, chatId));
    }
  }
};

/** Message numbers have no gap, and each message has a change number of its own. */
export const assertContiguous = async ({ admin, chats }: World) => {
  const rows = await admin.chat.findMany({
    where: { id: { in: chats } },
    include: { messages: { select: { seq: true, changeSeq: true }, orderBy: { seq: 'asc' } } },
  });
  for (const { lastSeq, changeSeq, messages } of rows) {
    expect(messages.map(({ seq }) => Number(seq))).toEqual(messages.map((_, i) => i + 1));
    expect(Number(lastSeq)).toBe(messages.length);
    const changes = messages.map((message) => message.changeSeq);
    expect(new Set(changes).size).toBe(changes.length);
    for (const change of changes) expect(change).toBeLessThanOrEqual(changeSeq);
  }
};
