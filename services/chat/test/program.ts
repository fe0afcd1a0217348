import { randomUUID } from 'node:crypto';
import { type Client, messagesOf } from '@taar/client';
import { chatRest } from '@taar/contracts';
import { aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { array, constantFrom, nat, record } from 'fast-check';
import { aDevice, lossy, until } from './devices.ts';
import type { startChat } from './start.ts';

const size = 4;
/** The first of them has a second device. */
const devices = size + 1;
const verbs = {
  send: (world: World, { who, chat, nth }: Step) =>
    world.clients[who]?.send({ chatId: world.chats[chat]!, content: `message ${nth}` }),
  sendOverRest: ({ people, chats }: World, { who, chat, nth }: Step) =>
    people[who]!.call(chatRest.sendMessage, {
      chatId: chats[chat]!,
      clientMessageId: randomUUID(),
      content: `REST ${nth}`,
    }),
  edit: (world: World, step: Step) =>
    onMessage(world, step, (person, place) =>
      person.call(chatRest.editMessage, { ...place, content: `edited ${step.nth}` }),
    ),
  deleteForMe: (world: World, step: Step) =>
    onMessage(world, step, (person, place) => person.call(chatRest.deleteMessage, place)),
  deleteForAll: (world: World, step: Step) =>
    onMessage(world, step, (person, place) =>
      person.call(chatRest.deleteMessage, { ...place, scope: 'everyone' }),
    ),
  react: (world: World, step: Step) =>
    onMessage(world, step, (person, place) =>
      person.call(chatRest.setReaction, { ...place, emoji: ['👍', '❤️'][step.nth % 2]! }),
    ),
  unreact: (world: World, step: Step) =>
    onMessage(world, step, (person, place) => person.call(chatRest.removeReaction, place)),
  star: (world: World, step: Step) =>
    onMessage(world, step, (person, place) => person.call(chatRest.starMessage, place)),
  unstar: (world: World, step: Step) =>
    onMessage(world, step, (person, place) => person.call(chatRest.unstarMessage, place)),
  pin: (world: World, step: Step) =>
    onMessage(world, step, (person, place) => person.call(chatRest.pinMessage, place)),
  unpin: (world: World, step: Step) =>
    onMessage(world, step, (person, place) => person.call(chatRest.unpinMessage, place)),
  add: ({ people, chats }: World, { who, other, chat }: Step) =>
    people[who]!.call(chatRest.addMembers, {
      chatId: chats[chat]!,
      userIds: [people[other]!.userId],
    }),
  remove: ({ people, chats }: World, { who, other, chat }: Step) =>
    people[who]!.call(chatRest.removeMember, {
      chatId: chats[chat]!,
      userId: people[other]!.userId,
    }),
  changeRole: ({ people, chats }: World, { who, other, chat, nth }: Step) =>
    people[who]!.call(chatRest.changeRole, {
      chatId: chats[chat]!,
      userId: people[other]!.userId,
      role: (['admin', 'member', 'owner'] as const)[nth % 3]!,
    }),
  rename: ({ people, chats }: World, { who, chat, nth }: Step) =>
    people[who]!.call(chatRest.updateChat, {
      chatId: chats[chat]!,
      name: `Name ${nth}`,
      settings: { whoCanSend: nth % 4 === 0 ? 'admins' : 'all' },
    }),
  changeView: ({ people, chats }: World, { who, chat, nth }: Step) =>
    people[who]!.call(chatRest.updateChat, {
      chatId: chats[chat]!,
      my: [
        { mutedUntil: 'forever' as const },
        { pinned: nth % 2 === 0 },
        { archived: nth % 2 === 0 },
        { markedUnread: true },
      ][nth % 4]!,
    }),
  clear: ({ people, chats }: World, { who, chat }: Step) =>
    people[who]!.call(chatRest.deleteChat, { chatId: chats[chat]! }),
  dissolve: ({ people, chats }: World, { who }: Step) =>
    people[who]!.call(chatRest.deleteChat, { chatId: chats[2]!, scope: 'all' }),
  read: ({ people, chats }: World, { who, chat, nth }: Step) =>
    people[who]!.call(chatRest.markRead, { chatId: chats[chat]!, upToSeq: nth }),
  goOffline: (world: World, { who }: Step) => goOffline(world, who),
  comeBack: (world: World, { who }: Step) => comeBack(world, who),
  loseEvents: async (world: World, { who }: Step) => {
    world.losing[who] = true;
  },
};
type Verb = keyof typeof verbs;
export type Step = { verb: Verb; who: number; other: number; chat: number; nth: number };

export type World = {
  people: Person[];
  urls: string[];
  chats: string[];
  /** Whoever is online. */
  clients: (Client | undefined)[];
  gone: (Client | undefined)[];
  losing: boolean[];
  turns: Promise<void>[];
};

const onMessage = (
  { people, chats, clients, gone }: World,
  { verb, who, chat, nth }: Step,
  act: (person: Person, place: { chatId: string; messageId: string }) => unknown,
) => {
  const chatId = chats[chat]!;
  const client = clients[who] ?? gone[who];
  const messages = (client ? messagesOf(client.database, chatId) : []).filter(
    ({ senderId }) => verb !== 'edit' || senderId === people[who]!.userId,
  );
  const message = messages.at(-1 - (nth % Math.max(1, messages.length)));
  return message && act(people[who]!, { chatId, messageId: message.id });
};

/** One device does one thing after another. */
const inTurn = (world: World, who: number, work: () => Promise<void>) =>
  (world.turns[who] = (world.turns[who] ?? Promise.resolve()).then(work));

const goOffline = (world: World, who: number) =>
  inTurn(world, who, async () => {
    const client = world.clients[who];
    if (!client) return;
    world.clients[who] = undefined;
    world.gone[who] = client;
    await client.stop();
  });

/** The same device again, with what it knew and what it had not sent. */
const comeBack = (world: World, who: number) =>
  inTurn(world, who, async () => {
    if (world.clients[who]) return;
    let arrived = 0;
    const database = world.gone[who]?.database;
    world.clients[who] = await aDevice(world.urls[who]!, world.people[who]!, {
      ...(database && { database }),
      heartbeatMs: 200,
      perChat: 3,
      budget: 5,
      connect: lossy(() => world.losing[who]! && arrived++ % 3 === 0),
    });
  });

const often: Verb[] = ['send', 'send', 'send', 'sendOverRest', 'edit', 'react', 'comeBack'];
export const steps = array(
  array(
    record<Step>({
      verb: constantFrom(...often, ...(Object.keys(verbs) as Verb[])),
      who: nat({ max: devices - 1 }),
      other: nat({ max: size - 1 }),
      chat: nat({ max: 2 }),
      nth: nat({ max: 12 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);

/** Four people with five devices on two nodes, with a chat of two, a group of all and a group of two. */
export const aWorld = async (chat: Awaited<ReturnType<typeof startChat>>): Promise<World> => {
  const [one, two] = chat.nodes;
  const nodeOf = (i: number) => (i % 2 ? two! : one!);
  const users = await Promise.all(Array.from({ length: size }, () => aUser(chat.admin)));
  const people = [...users.map((user, i) => nodeOf(i).as(user)), two!.as(users[0]!)];
  const ids = users.map(({ id }) => id);
  const open = async (memberIds: string[], name?: string) => {
    const { body } = await people[0]!.call(chatRest.createChat, {
      isGroup: name !== undefined,
      memberIds,
      ...(name !== undefined && { name }),
    });
    return body.id;
  };
  const world: World = {
    people,
    urls: [...users.map((_, i) => nodeOf(i).url), two!.url],
    chats: [await open([ids[1]!]), await open(ids.slice(1), 'All'), await open([ids[1]!], 'Two')],
    clients: [],
    gone: [],
    losing: people.map(() => false),
    turns: [],
  };
  await Promise.all(people.map((_, who) => comeBack(world, who)));
  for (const [who, chat] of [
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
    [1, 1],
    [1, 2],
  ] as const)
    await people[who]!.call(chatRest.sendMessage, {
      chatId: world.chats[chat]!,
      clientMessageId: randomUUID(),
      content: 'before',
    });
  return world;
};

/** What stands in one group happens at the same time; refusals are answers too. */
export const run = async (world: World, program: Step[][]) => {
  const sends: unknown[] = [];
  for (const together of program)
    await Promise.all(
      together.map(async (step) => {
        const done = verbs[step.verb](world, step);
        // A message of somebody who is offline is sent when they come back.
        if (step.verb === 'send')
          sends.push((done as Promise<unknown> | undefined)?.catch(() => {}));
        else await done;
      }),
    );
};

/** Everybody is online and has sent everything; what they missed they find by themselves. */
export const settleAll = async (world: World) => {
  world.losing.fill(false);
  await Promise.all(world.people.map((_, who) => comeBack(world, who)));
  await until('everything is sent', () =>
    world.clients.every((client) => client!.isReady() && client!.unsent() === 0),
  );
};
