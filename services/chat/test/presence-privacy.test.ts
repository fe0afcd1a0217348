import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { aBlock, aContact, aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import { sendHeartbeats, shortLeases, untilOnline } from './presence.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat();
const { admin } = chat;
const node = await chat.startNode(shortLeases());

type Pair = { asha: { id: string }; biren: { id: string } };

/** Settings of two users A and B, and what A then sees of B's presence. */
const cases: [string, (pair: Pair) => Promise<unknown>, { online: boolean; lastSeen: boolean }][] =
  [
    ['default settings', async () => undefined, { online: true, lastSeen: true }],
    [
      'last seen of B for contacts only, and A not among them',
      ({ biren }) =>
        admin.userSettings.create({ data: { userId: biren.id, lastSeenAudience: 'contacts' } }),
      { online: true, lastSeen: false },
    ],
    [
      'last seen of B for contacts only, and A among them',
      async ({ asha, biren }) => {
        await aContact(admin, biren, asha);
        await admin.userSettings.create({
          data: { userId: biren.id, lastSeenAudience: 'contacts' },
        });
      },
      { online: true, lastSeen: true },
    ],
    [
      'online and last seen of B hidden',
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
      'last seen of A hidden',
      ({ asha }) =>
        admin.userSettings.create({ data: { userId: asha.id, lastSeenAudience: 'nobody' } }),
      { online: true, lastSeen: false },
    ],
    [
      'B blocked by A',
      ({ asha, biren }) => aBlock(admin, asha, biren),
      { online: false, lastSeen: false },
    ],
    [
      'A blocked by B',
      ({ asha, biren }) => aBlock(admin, biren, asha),
      { online: false, lastSeen: false },
    ],
  ];

test.each(cases)(
  'with %s, the viewer sees what the settings of both allow',
  async (_name, prepare, { online, lastSeen }) => {
    const [asha, biren, contact] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
    const { id: chatId } = await aDirectChat(admin, asha, biren);
    // A always sees this user come online; their event shows that events of B would have arrived.
    await aContact(admin, asha, contact);
    await prepare({ asha, biren });
    const watcher = await node.as(asha).connect();
    sendHeartbeats(watcher);
    await untilOnline(admin, asha.id);

    const phone = await node.as(biren).connect();
    await untilOnline(admin, biren.id);
    const joined = await watcher.ask('join_chat', { chatId });
    const listed = await node.as(asha).call(chatRest.listChats, {});
    phone.close();
    await untilOnline(admin, biren.id, false);
    const later = await node.as(asha).call(chatRest.getChat, { chatId });
    await node.as(contact).connect();
    await watcher.next('user_online', ({ userId }) => userId === contact.id);

    const ofBiren = <T extends { userId: string }>(events: T[]) =>
      events.filter(({ userId }) => userId === biren.id);
    expect(ofBiren(watcher.seen('user_online'))).toHaveLength(online ? 1 : 0);
    const offline = ofBiren(watcher.seen('user_offline'));
    expect(offline).toHaveLength(online ? 1 : 0);
    expect(offline.every((event) => (event.lastSeen !== null) === lastSeen)).toBe(true);
    expect(joined).toMatchObject({ data: { presence: { online: online || null } } });
    expect(listed.body.items[0]?.peer?.presence.online).toBe(online || null);
    expect(later.body.peer?.presence.online).toBe(online ? false : null);
    expect(later.body.peer?.presence.lastSeen !== null).toBe(lastSeen);
  },
);

test('members of a group do not see each other’s presence by it', async () => {
  const [asha, biren, contact] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  await aGroup(admin, { owner: asha, members: [biren] });
  await aContact(admin, asha, contact);
  const watcher = await node.as(asha).connect();
  sendHeartbeats(watcher);
  await untilOnline(admin, asha.id);

  await node.as(biren).connect();
  await untilOnline(admin, biren.id);
  await node.as(contact).connect();

  await watcher.next('user_online', ({ userId }) => userId === contact.id);
  expect(watcher.seen('user_online')).toHaveLength(1);
});

test('a new audience for last seen is emitted once, however often it changes', async () => {
  // A single node, so that the job runs where the watcher is connected.
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
  await until('the remaining jobs wait', async () => {
    const jobs = await admin.outbox.findMany({ where: { ...job, doneAt: null } });
    return jobs.every(({ availableAt }) => availableAt.getTime() > Date.now() + 30_000);
  });
  expect(watcher.seen('last_seen_update')).toHaveLength(1);
});

test('a user who hides their presence goes offline, with no event for blocked users', async () => {
  const { admin, as } = await startChat();
  const [asha, biren, blocked] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  for (const friend of [biren, blocked]) await aDirectChat(admin, asha, friend);
  await aBlock(admin, asha, blocked);
  const [watcher, blockedPhone] = await Promise.all([as(biren).connect(), as(blocked).connect()]);
  for (const { id } of [biren, blocked]) await untilOnline(admin, id);
  await as(asha).connect();
  await watcher.next('user_online');

  await admin.userSettings.create({
    data: { userId: asha.id, lastSeenAudience: 'nobody', onlineAudience: 'same_as_last_seen' },
  });
  await admin.outbox.create({ data: { topic: topics.showLastSeen, key: asha.id } });

  expect(await watcher.next('user_offline')).toEqual({ userId: asha.id, lastSeen: null });
  await blockedPhone.ask('last_seen_update', { state: 'active' });
  for (const event of ['user_online', 'user_offline', 'last_seen_update'] as const)
    expect(blockedPhone.seen(event)).toEqual([]);
});

test('a block ends the presence that two users see of each other', async () => {
  const { admin, as } = await startChat();
  const [asha, biren, contact] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  await aDirectChat(admin, asha, biren);
  await aContact(admin, contact, asha);
  const [ashasPhone, birensPhone, contactsPhone] = await Promise.all(
    [asha, biren, contact].map((user) => as(user).connect()),
  );
  for (const { id } of [asha, biren, contact]) await untilOnline(admin, id);

  await aBlock(admin, asha, biren);
  const payload = { otherId: biren.id };
  await admin.outbox.create({ data: { topic: topics.hidePresence, key: asha.id, payload } });

  expect(await birensPhone!.next('user_offline')).toEqual({ userId: asha.id, lastSeen: null });
  expect(await ashasPhone!.next('user_offline')).toEqual({ userId: biren.id, lastSeen: null });
  await contactsPhone!.ask('last_seen_update', { state: 'active' });
  expect(contactsPhone!.seen('user_offline')).toEqual([]);
});
