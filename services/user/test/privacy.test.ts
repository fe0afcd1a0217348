import { beforeAll, describe, expect, test } from '@jest/globals';
import { type SettingsChange, userRest } from '@taar/contracts';
import { aBlock, aContact, aDirectChat, aGroup, aMedia, aUser } from '@taar/testing/factories';
import { startUser } from './start.ts';

const { admin, as } = await startUser();

type User = Awaited<ReturnType<typeof aUser>>;
const viewers = ['contact', 'excepted', 'stranger', 'blocked', 'blocking'] as const;
type Viewer = (typeof viewers)[number];

let shown: User;
let people: Record<Viewer, User>;

beforeAll(async () => {
  shown = await aUser(admin, { about: 'At the river', isOnline: true, lastSeen: new Date() });
  const avatar = await aMedia(admin, shown, { purpose: 'avatar' });
  await as(shown).call(userRest.updateMe, { avatarMediaId: avatar.id });
  const made = await Promise.all(viewers.map(async (name) => [name, await aUser(admin)] as const));
  people = Object.fromEntries(made) as typeof people;
  for (const viewer of viewers) await aContact(admin, people[viewer], shown);
  // Blocked and blocking viewers were contacts before.
  for (const viewer of ['contact', 'excepted', 'blocked', 'blocking'] as const)
    await aContact(admin, shown, people[viewer]);
  await aGroup(admin, { owner: shown, members: Object.values(people) });
  await aBlock(admin, shown, people.blocked);
  await aBlock(admin, people.blocking, shown);
});

const set = (settings: SettingsChange) => as(shown).call(userRest.updateMe, { settings });

const seen = {
  avatar: (person: { avatarUrl: string | null }) => person.avatarUrl !== null,
  about: (person: { about?: string | null }) => typeof person.about === 'string',
};
const mayBeSeenBy = {
  everyone: ['contact', 'excepted', 'stranger'],
  contacts: ['contact', 'excepted'],
  contacts_except: ['contact'],
  nobody: [],
} as const;
const audiences = Object.keys(mayBeSeenBy) as (keyof typeof mayBeSeenBy)[];

/** The user as every operation that returns users shows them to one viewer. */
const views = async (viewer: User) => {
  const me = as(viewer);
  const profile = await me.call(userRest.getUser, { userId: shown.id });
  const contacts = await me.call(userRest.listContacts, {});
  const search = await me.call(userRest.searchUsers, { q: shown.name });
  const blocks = await me.call(userRest.listBlocks, {});
  return {
    presences: [profile.body.presence, contacts.body.items[0]!.presence],
    persons: [
      profile.body,
      contacts.body.items[0]!.user!,
      ...search.body.items,
      ...blocks.body.items.map(({ user }) => user),
    ],
  };
};

describe.each(['avatar', 'about'] as const)('%s for', (field) => {
  test.each(audiences)(
    '%s is shown to that audience only, in every operation',
    async (audience) => {
      await set({ [field]: audience, exceptions: { [field]: [people.excepted.id] } });
      for (const viewer of viewers) {
        const expected = (mayBeSeenBy[audience] as readonly string[]).includes(viewer);
        const { persons } = await views(people[viewer]);
        expect([viewer, persons.map(seen[field])]).toEqual([viewer, persons.map(() => expected)]);
      }
    },
  );
});

describe('last seen for', () => {
  test.each(audiences)(
    '%s is shown to that audience only, and so is the online state',
    async (audience) => {
      await set({
        lastSeen: audience,
        online: 'same_as_last_seen',
        exceptions: { lastSeen: [people.excepted.id] },
      });
      for (const viewer of viewers) {
        const expected = (mayBeSeenBy[audience] as readonly string[]).includes(viewer);
        const { presences } = await views(people[viewer]);
        for (const { online, lastSeen } of presences)
          expect([viewer, online !== null, lastSeen !== null]).toEqual([
            viewer,
            expected,
            expected,
          ]);
      }
    },
  );

  test('nobody does not hide the online state for everyone, except across a block', async () => {
    await set({ lastSeen: 'nobody', online: 'everyone' });
    for (const viewer of viewers) {
      const expected = mayBeSeenBy.everyone.some((one) => one === viewer);
      const { presences } = await views(people[viewer]);
      for (const { online, lastSeen } of presences)
        expect([viewer, online, lastSeen]).toEqual([viewer, expected ? true : null, null]);
    }
  });

  test('everyone excludes viewers who hide their own', async () => {
    await set({ lastSeen: 'everyone', online: 'same_as_last_seen' });
    const [{ presences: before }] = [await views(people.stranger)];
    expect(before.every(({ lastSeen }) => lastSeen !== null)).toBe(true);
    await as(people.stranger).call(userRest.updateMe, { settings: { lastSeen: 'nobody' } });
    const { presences } = await views(people.stranger);
    expect(presences).toEqual(presences.map(() => ({ online: null, lastSeen: null })));
  });
});

describe('GET /users/:userId', () => {
  const look = (viewer: User, user: { id: string }) =>
    as(viewer).call(userRest.getUser, { userId: user.id });
  const hidden = () => aUser(admin, { settings: { create: { discoverable: false } } });

  test('answers for a user who is not discoverable as for an unknown id', async () => {
    const [viewer, shy] = await Promise.all([aUser(admin), hidden()]);
    const unknown = await look(viewer, { id: '11111111-1111-4111-8111-111111111111' });
    const answer = await look(viewer, shy);
    expect(answer.status).toBe(404);
    expect({ ...answer.body, instance: '' }).toEqual({ ...unknown.body, instance: '' });
  });

  test('shows a user who is not discoverable to contacts in both directions and to members of one chat', async () => {
    const [viewer, contact, owner, peer, mate] = await Promise.all([
      aUser(admin),
      hidden(),
      hidden(),
      hidden(),
      hidden(),
    ]);
    await aContact(admin, viewer, contact, { name: 'Mum' });
    await aContact(admin, owner, viewer);
    await aDirectChat(admin, viewer, peer);
    await aGroup(admin, { owner: mate, members: [viewer] });
    expect((await look(viewer, contact)).body).toMatchObject({
      contactName: 'Mum',
      phoneNumber: contact.phoneNumber,
    });
    for (const person of [owner, peer, mate]) {
      const { status, body } = await look(viewer, person);
      expect([status, body.contactName]).toEqual([200, null]);
      expect(body).not.toHaveProperty('phoneNumber');
    }
  });

  test('answers 404 for suspended and deleted accounts', async () => {
    const [viewer, person] = await Promise.all([aUser(admin), aUser(admin)]);
    await aContact(admin, viewer, person);
    for (const state of [
      { suspendedAt: new Date() },
      { suspendedAt: null, deletedAt: new Date() },
    ]) {
      await admin.userState.update({ where: { userId: person.id }, data: state });
      expect((await look(viewer, person)).status).toBe(404);
    }
    const { body } = await as(viewer).call(userRest.listContacts, {});
    expect(body.items[0]).toMatchObject({ user: null, registered: false });
  });

  test('accepts ids in lower case only', async () => {
    const viewer = as(await aUser(admin));
    for (const id of ['not-a-uuid', '1 OR 1=1', shown.id.toUpperCase(), `{${shown.id}}`]) {
      const { request } = await viewer.send('get', `/users/${encodeURIComponent(id)}`);
      expect((await request).status).toBe(400);
    }
  });
});
