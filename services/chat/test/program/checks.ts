import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import { type Client, digestOf } from '@taar/client';
import type { Person } from '@taar/testing/people';
import {
  aDevice,
  changedMessages,
  formerViewOf,
  formerViewOverRest,
  settled,
  starredOverRest,
  until,
  viewOf,
  viewOverRest,
} from '../devices.ts';
import type { Device } from './device.ts';
import type { World } from './world.ts';

const everythingOver = async ({ admin }: World, person: Person) => ({
  active: await viewOverRest(person),
  former: await formerViewOverRest(person),
  starred: await starredOverRest(person),
  blocked: (await admin.block.findMany({ where: { blockerId: person.userId } }))
    .map(({ blockedId }) => blockedId)
    .toSorted(),
});

const everythingIn = ({ database }: Client) => ({
  active: viewOf(database),
  former: formerViewOf(database),
  starred: [...database.chats.values()]
    .flatMap(({ messages }) => [...messages.keys()].filter((id) => database.stars.has(id)))
    .toSorted(),
  blocked: [...database.blocked].toSorted(),
});

const assertSameView = async (world: World, device: Device) => {
  const { person, url } = device;
  const mine = () => everythingIn(device.client!);
  const server = await everythingOver(world, person);
  const isSame = () => isDeepStrictEqual(mine(), server);
  await until('it has everything', isSame, 10_000).catch(() => {});
  expect(mine()).toEqual(server);
  // Otherwise it would sync at every heartbeat for ever.
  await until('it knows that', () => device.digest === digestOf(device.client!.database));

  const fresh = await aDevice(url, world.at(url)({ id: person.userId }));
  await settled(fresh);
  expect(everythingIn(fresh)).toEqual(server);
  await fresh.stop();
  for (const { id, messages } of [...server.active, ...server.former])
    expect(await changedMessages(person, id)).toEqual(messages);
};

export const assertSameViews = async (world: World) => {
  for (const device of world.devices) await assertSameView(world, device);
};

/** Every message is there once, in the order it was written in on its device, unless refused. */
export const assertSentOnce = async ({ admin, devices, taken }: World) => {
  const sent = [...devices.flatMap((device) => device.sent), ...taken];
  const rows = await admin.message.findMany({
    where: { clientMessageId: { in: sent.map((one) => one.clientMessageId) } },
    select: { chatId: true, seq: true, clientMessageId: true },
    orderBy: { seq: 'asc' },
  });
  const stored = (of: typeof sent, chatId: string) => {
    const ids = new Set(of.map((one) => one.clientMessageId));
    return rows
      .filter((row) => row.chatId === chatId && ids.has(row.clientMessageId!))
      .map((row) => row.clientMessageId);
  };
  const idsIn = (of: typeof sent, chatId: string) =>
    of.filter((one) => one.chatId === chatId).map((one) => one.clientMessageId);
  for (const chatId of new Set(sent.map((one) => one.chatId))) {
    expect(stored(taken, chatId).toSorted()).toEqual(idsIn(taken, chatId).toSorted());
    for (const device of devices) {
      const accepted = device.sent.filter((one) => !device.refused.has(one.clientMessageId));
      expect(stored(device.sent, chatId)).toEqual(idsIn(accepted, chatId));
    }
  }
};

/** The numbers of messages have no hole, and no two of them stand at one change. */
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
