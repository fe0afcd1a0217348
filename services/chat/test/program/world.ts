import { randomUUID } from 'node:crypto';
import { type SendMessage, chatRest } from '@taar/contracts';
import { aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { until } from '../wait.ts';
import type { Backend } from './backend.ts';
import { type Device, aDeviceOf, goOnline } from './device.ts';
import type { ErasedMember } from './erased-member.ts';

export const peopleCount = 4;
/** One device a person, and a second one of the first person. */
export const deviceCount = peopleCount + 1;

export type World = Backend & {
  devices: Device[];
  erasedMember: ErasedMember;
  chats: string[];
  links: { chatId: string; token: string }[];
  /** The messages that the server accepted over REST. */
  sentOverRest: (SendMessage & { senderId: string })[];
};

const create = async (creator: Person, others: Person[], name?: string) => {
  const { body } = await creator.call(chatRest.createChat, {
    isGroup: name !== undefined,
    memberIds: others.map(({ userId }) => userId),
    ...(name !== undefined && { name }),
  });
  return body.id;
};

/** People with devices, a direct chat, a group of all with the erased member, and a group of two. */
export const aWorld = async (backend: Backend): Promise<World> => {
  const { admin, at, urls } = backend;
  const users = await Promise.all(Array.from({ length: peopleCount }, () => aUser(admin)));
  const urlOf = (i: number) => urls[i % urls.length]!;
  const devices = [...users, users[0]!].map((user, i) => aDeviceOf(at(urlOf(i))(user), urlOf(i)));
  const [asha, biren, chandra, dipa] = devices.map(({ person }) => person) as [
    Person,
    Person,
    Person,
    Person,
  ];
  const erasedMember = { person: at(urls[0]!)(await aUser(admin)), isErased: false };
  const chats = [
    await create(asha, [biren]),
    await create(asha, [biren, chandra, dipa, erasedMember.person], 'All'),
    await create(asha, [biren], 'Two'),
  ];
  const world = { ...backend, devices, erasedMember, chats, links: [], sentOverRest: [] };
  await Promise.all(devices.map(goOnline));
  for (const [sender, chat] of [
    [asha, 0],
    [biren, 0],
    [chandra, 1],
    [dipa, 1],
    [biren, 1],
    [biren, 2],
  ] as const)
    await sender.call(chatRest.sendMessage, {
      chatId: chats[chat]!,
      clientMessageId: randomUUID(),
      content: 'before',
    });
  return world;
};

/** Whether closed chats are purged, accounts erased and expired messages swept. */
const isBackgroundWorkDone = async ({ admin }: World) => {
  const topic = { in: ['chat.purge', 'erase_chat'] };
  const jobs = await admin.outbox.count({ where: { topic, doneAt: null, deadAt: null } });
  const expired = await admin.message.count({
    where: { expiresAt: { lt: new Date() }, deletedAt: null },
  });
  return jobs + expired === 0;
};

/** Repairs every fault, brings devices online, and waits until all is sent and processed. */
export const untilConverged = async (world: World) => {
  const { repair, devices } = world;
  await repair();
  await Promise.all(devices.map(goOnline));
  const isSent = () => devices.every(({ client }) => client!.isReady() && client!.unsent() === 0);
  await until('every outbox is empty', isSent, 60_000);
  await until('background work is done', () => isBackgroundWorkDone(world), 60_000);
};
