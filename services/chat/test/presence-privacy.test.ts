import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { aBlock, aContact, aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import { until } from './devices.ts';
import { hurried, keepBeating, untilOnline } from './presence.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const { admin } = chat;
const node = await chat.startNode(hurried());

type Pair = { asha: { id: string }; biren: { id: string } };

/** What may be set up between two, and what of B's presence A then knows. */
const cases: [string, (pair: Pair) => Promise<unknown>, { online: boolean; lastSeen: boolean }][] =
  [
    ['nothing special', async () => undefined, { online: true, lastSeen: true }],
    [
      'B shows last seen to contacts only, and A is none',
      ({ biren }) =>
        admin.userSettings.create({ data: { userId: biren.id, lastSeenAudience: 'contacts' } }),
      { online: true, lastSeen: false },
    ],
    [
      'B shows last seen to contacts only, and A is one',
      async ({ asha, biren }) => {
        await aContact(admin, biren, asha);
        await admin.userSettings.create({
          data: { userId: biren.id, lastSeenAudience: 'contacts' },
        });
      },
      { online: true, lastSeen: true },
    ],
    [
      'B hides both',
      ({ biren }) =>
        admin.userSettings.create({
          data: {
            userId: biren.id,
            lastSeenAudience: 'nobody',
            onlineAudience: 'same_as_last_seen',
          },
        }),
      { online: false, lastSeen: false },
    ],
    [
      'A hides their own last seen',
      ({ asha }) =>
        admin.userSettings.create({ data: { userId: asha.id, lastSeenAudience: 'nobody' } }),
      { online: true, lastSeen: false },
    ],
    [
      'A blocked B',
      ({ asha, biren }) => aBlock(admin, asha, biren),
      { online: false, lastSeen: false },
    ],
    [
      'B blocked A',
      ({ asha, biren }) => aBlock(admin, biren, asha),
      { online: false, lastSeen: false },
    ],
  ];

test.each(cases)('T-N4 %s', async (_name, prepare, { online, lastSeen }) => {
  const [asha, biren, known] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  // Somebody whom A may watch in any case comes after B has gone, so that silence can be told.
  await aContact(admin, asha, known);
  await prepare({ asha, biren });
  const watcher = await node.as(asha).connect();
  keepBeating(watcher);
  await untilOnline(admin, asha.id);

  const phone = await node.as(biren).connect();
  await untilOnline(admin, biren.id);
  const joined = await watcher.ask('join_chat', { chatId });
  const listed = await node.as(asha).call(chatRest.listChats, {});
  phone.close();
  await untilOnline(admin, biren.id, false);
  const later = await node.as(asha).call(chatRest.getChat, { chatId });
  await node.as(known).connect();
  await watcher.next('user_online', ({ userId }) => userId === known.id);

  const mine = <T extends { userId: string }>(events: T[]) =>
    events.filter(({ userId }) => userId === biren.id);
  expect(mine(watcher.seen('user_online'))).toHaveLength(online ? 1 : 0);
  const offline = mine(watcher.seen('user_offline'));
  expect(offline).toHaveLength(online ? 1 : 0);
  expect(offline.every((event) => (event.lastSeen !== null) === lastSeen)).toBe(true);
  expect(joined).toMatchObject({ data: { presence: { online: online || null } } });
  expect(listed.body.items[0]?.peer?.presence.online).toBe(online || null);
  expect(later.body.peer?.presence.online).toBe(online ? false : null);
  expect(later.body.peer?.presence.lastSeen !== null).toBe(lastSeen);
});

test('members of a group learn nothing of each other by it', async () => {
  const [asha, biren, known] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  await aGroup(admin, { owner: asha, members: [biren] });
  await aContact(admin, asha, known);
  const watcher = await node.as(asha).connect();
  keepBeating(watcher);
  await untilOnline(admin, asha.id);

  await node.as(biren).connect();
  await untilOnline(admin, biren.id);
  await node.as(known).connect();

  await watcher.next('user_online', ({ userId }) => userId === known.id);
  expect(watcher.seen('user_online')).toHaveLength(1);
});

test('who changes to whom they show last seen has it told: once, however often they do', async () => {
  // One node, as a job is told by whichever node takes it.
  const { admin, as } = await startChat();
  const [asha, biren] = await Promise.all([aUser(admin, { lastSeen: new Date() }), aUser(admin)]);
  await aDirectChat(admin, asha, biren);
  const watcher = await as(biren).connect();
  await untilOnline(admin, biren.id);
  const job = { topic: topics.showLastSeen, key: asha.id };

  await admin.userSettings.create({ data: { userId: asha.id, lastSeenAudience: 'nobody' } });
  await admin.outbox.create({ data: job });
  const hidden = await watcher.next('last_seen_update');
  await admin.outbox.createMany({ data: [job, job] });

  expect(hidden).toEqual({ userId: asha.id, lastSeen: null });
  await until('what is left waits', async () => {
    const left = await admin.outbox.findMany({ where: { ...job, doneAt: null } });
    return left.every(({ availableAt }) => availableAt.getTime() > Date.now() + 30_000);
  });
  expect(watcher.seen('last_seen_update')).toHaveLength(1);
});

test('who comes to hide that they are online is not shown as online any more; the blocked hear nothing', async () => {
  const { admin, as } = await startChat();
  const [asha, biren, blocked] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  for (const friend of [biren, blocked]) await aDirectChat(admin, asha, friend);
  await aBlock(admin, asha, blocked);
  const [watcher, stranger] = await Promise.all([as(biren).connect(), as(blocked).connect()]);
  for (const { id } of [biren, blocked]) await untilOnline(admin, id);
  await as(asha).connect();
  await watcher.next('user_online');

  await admin.userSettings.create({
    data: { userId: asha.id, lastSeenAudience: 'nobody', onlineAudience: 'same_as_last_seen' },
  });
  await admin.outbox.create({ data: { topic: topics.showLastSeen, key: asha.id } });

  expect(await watcher.next('user_offline')).toEqual({ userId: asha.id, lastSeen: null });
  await stranger.ask('last_seen_update', { state: 'active' });
  for (const event of ['user_online', 'user_offline', 'last_seen_update'] as const)
    expect(stranger.seen(event)).toEqual([]);
});

test('two who watch each other see nothing of each other from a block on', async () => {
  const { admin, as } = await startChat();
  const [asha, biren, other] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  await aDirectChat(admin, asha, biren);
  await aContact(admin, other, asha);
  const [mine, watcher, bystander] = await Promise.all(
    [asha, biren, other].map((user) => as(user).connect()),
  );
  for (const { id } of [asha, biren, other]) await untilOnline(admin, id);

  await aBlock(admin, asha, biren);
  const payload = { otherId: biren.id };
  await admin.outbox.create({ data: { topic: topics.hidePresence, key: asha.id, payload } });

  expect(await watcher!.next('user_offline')).toEqual({ userId: asha.id, lastSeen: null });
  expect(await mine!.next('user_offline')).toEqual({ userId: biren.id, lastSeen: null });
  await bystander!.ask('last_seen_update', { state: 'active' });
  expect(bystander!.seen('user_offline')).toEqual([]);
});
