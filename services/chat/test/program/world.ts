import { randomUUID } from 'node:crypto';
import { chatRest } from '@taar/contracts';
import { aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { until } from '../devices.ts';
import type { Backend } from './backend.ts';
import { type Device, aDeviceOf, comeBack } from './device.ts';

const size = 4;
/** The first of them has a second device. */
export const devicesInAll = size + 1;
export const peopleInAll = size;

export type World = Backend & {
  devices: Device[];
  chats: string[];
  links: { chatId: string; token: string }[];
  /** What was taken over REST. */
  taken: { chatId: string; clientMessageId: string }[];
};

const create = async (creator: Person, others: Person[], name?: string) => {
  const { body } = await creator.call(chatRest.createChat, {
    isGroup: name !== undefined,
    memberIds: others.map(({ userId }) => userId),
    ...(name !== undefined && { name }),
  });
  return body.id;
};

/** Four people with five devices, with a chat of two, a group of all and a group of two. */
export const aWorld = async (backend: Backend): Promise<World> => {
  const { admin, at, urls } = backend;
  const users = await Promise.all(Array.from({ length: size }, () => aUser(admin)));
  const urlOf = (i: number) => urls[i % urls.length]!;
  const devices = [...users, users[0]!].map((user, i) => aDeviceOf(at(urlOf(i))(user), urlOf(i)));
  const [asha, biren, chandra, dipa] = devices.map(({ person }) => person) as [
    Person,
    Person,
    Person,
    Person,
  ];
  const chats = [
    await create(asha, [biren]),
    await create(asha, [biren, chandra, dipa], 'All'),
    await create(asha, [biren], 'Two'),
  ];
  const world = { ...backend, devices, chats, links: [], taken: [] };
  await Promise.all(devices.map(comeBack));
  for (const [who, chat] of [
    [asha, 0],
    [biren, 0],
    [chandra, 1],
    [dipa, 1],
    [biren, 1],
    [biren, 2],
  ] as const)
    await who.call(chatRest.sendMessage, {
      chatId: chats[chat]!,
      clientMessageId: randomUUID(),
      content: 'before',
    });
  return world;
};

/** Everybody is online and has sent everything; what they missed they find by themselves. */
export const settleAll = async ({ repair, devices }: World) => {
  await repair();
  await Promise.all(devices.map(comeBack));
  await until(
    'everything is sent',
    () => devices.every(({ client }) => client!.isReady() && client!.unsent() === 0),
    60_000,
  );
};
