import { randomUUID } from 'node:crypto';
import { type SendMessage, chatRest } from '@taar/contracts';
import { aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { until } from '../devices.ts';
import type { Backend } from './backend.ts';
import { type Device, aDeviceOf, comeBack } from './device.ts';
import type { Guest } from './guest.ts';

const size = 4;
/** The first of them has a second device. */
export const devicesInAll = size + 1;
export const peopleInAll = size;

export type World = Backend & {
  devices: Device[];
  guest: Guest;
  chats: string[];
  links: { chatId: string; token: string }[];
  /** What was taken over REST. */
  taken: (SendMessage & { senderId: string })[];
};

const create = async (creator: Person, others: Person[], name?: string) => {
  const { body } = await creator.call(chatRest.createChat, {
    isGroup: name !== undefined,
    memberIds: others.map(({ userId }) => userId),
    ...(name !== undefined && { name }),
  });
  return body.id;
};

/** Four people with five devices, and a guest, with a chat of two, a group of all and a group of two. */
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
  const guest = { person: at(urls[0]!)(await aUser(admin)), gone: false };
  const chats = [
    await create(asha, [biren]),
    await create(asha, [biren, chandra, dipa, guest.person], 'All'),
    await create(asha, [biren], 'Two'),
  ];
  const world = { ...backend, devices, guest, chats, links: [], taken: [] };
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

/** What is done later than it is asked for: chats purged, accounts erased, messages expired. */
const isAllDone = async ({ admin }: World) => {
  const topic = { in: ['chat.purge', 'erase_chat'] };
  const jobs = await admin.outbox.count({ where: { topic, doneAt: null, deadAt: null } });
  const expired = await admin.message.count({
    where: { expiresAt: { lt: new Date() }, deletedAt: null },
  });
  return jobs + expired === 0;
};

/** Everybody is online and has sent everything; what they missed they find by themselves. */
export const settleAll = async (world: World) => {
  const { repair, devices } = world;
  await repair();
  await Promise.all(devices.map(comeBack));
  const isSent = () => devices.every(({ client }) => client!.isReady() && client!.unsent() === 0);
  await until('everything is sent', isSent, 60_000);
  await until('all is done', () => isAllDone(world), 60_000);
};
