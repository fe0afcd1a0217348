import { describe, expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { aBlock, aPhoneNumber, aUser } from '@taar/testing/factories';
import { eventually, startUser } from './start.ts';

const { admin, as, events } = await startUser();

const joinedEventTo = (userId: string) =>
  events.find(
    ({ event, audience }) =>
      event === 'contact_joined' && 'users' in audience && audience.users.includes(userId),
  );
const signUp = async (phoneNumber: string) => {
  const user = await aUser(admin, { phoneNumber });
  await admin.outbox.create({ data: { topic: topics.matchContacts, key: user.id } });
  return user;
};
const matched = (ownerId: string) =>
  eventually(() => admin.contact.findFirst({ where: { ownerId, userId: { not: null } } }));

describe('a user who is not discoverable by number', () => {
  const hidden = async () => {
    const user = await aUser(admin);
    await as(user).call(userRest.updateMe, { settings: { discoverableByPhone: false } });
    return user;
  };

  test('looks to others like a number without an account', async () => {
    const [stranger, shy] = await Promise.all([aUser(admin), hidden()]);
    const add = async (phoneNumber: string) => {
      const entry = { phoneNumber, name: 'Who' };
      const { status, body } = await as(stranger).call(userRest.addContacts, entry);
      const { state, contact } = body.results[0]!;
      return { status, state, contact: { ...contact, id: '', phoneNumber: '', updatedAt: '' } };
    };
    expect(await add(shy.phoneNumber)).toEqual(await add(aPhoneNumber()));
  });

  test('is found by the users whom they add as contacts', async () => {
    const [asha, shy] = await Promise.all([aUser(admin), hidden()]);
    await as(asha).call(userRest.addContacts, { phoneNumber: shy.phoneNumber, name: 'Shy' });
    await as(shy).call(userRest.addContacts, { phoneNumber: asha.phoneNumber, name: 'Asha' });
    expect(await matched(asha.id)).toMatchObject({ userId: shy.id });
  });

  test('is found by all owners of entries after becoming discoverable', async () => {
    const [asha, shy] = await Promise.all([aUser(admin), hidden()]);
    await as(asha).call(userRest.addContacts, { phoneNumber: shy.phoneNumber, name: 'Shy' });
    await as(shy).call(userRest.updateMe, { settings: { discoverableByPhone: true } });
    expect(await matched(asha.id)).toMatchObject({ userId: shy.id });
  });
});

describe('a user who signs up', () => {
  test('is linked to every entry with their number, and the owners receive an event', async () => {
    const owners = await Promise.all([aUser(admin), aUser(admin)]);
    const phoneNumber = aPhoneNumber();
    for (const owner of owners)
      await as(owner).call(userRest.addContacts, { phoneNumber, name: 'Soon' });

    const newcomer = await signUp(phoneNumber);

    for (const owner of owners) {
      const event = await eventually(async () => joinedEventTo(owner.id));
      expect(event.payload).toMatchObject({
        contact: { contactName: 'Soon', registered: true, user: { id: newcomer.id } },
      });
      const { body } = await as(owner).call(userRest.listContacts, { updatedAfterVer: 1 });
      expect(body.items).toMatchObject([{ user: { id: newcomer.id }, phoneNumber }]);
    }
  });

  test('is not announced to an owner whom they block', async () => {
    const [owner, other] = await Promise.all([aUser(admin), aUser(admin)]);
    const phoneNumber = aPhoneNumber();
    for (const person of [owner, other])
      await as(person).call(userRest.addContacts, { phoneNumber, name: 'Soon' });
    const newcomer = await aUser(admin, { phoneNumber });
    await aBlock(admin, newcomer, owner);
    await admin.outbox.create({ data: { topic: topics.matchContacts, key: newcomer.id } });
    await eventually(async () => joinedEventTo(other.id));
    expect(joinedEventTo(owner.id)).toBeUndefined();
  });
});

describe('a number in an address book', () => {
  const zeros = {
    Bengali: 0x9e6,
    Devanagari: 0x966,
    Persian: 0x6f0,
    Khmer: 0x17e0,
    Adlam: 0x1e950,
  };
  const inDigitsFrom = (zero: number, phoneNumber: string) =>
    phoneNumber.replaceAll(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
  const spellings: [string, (phoneNumber: string) => string][] = [
    ...Object.entries(zeros).map(([script, zero]): [string, (phoneNumber: string) => string] => [
      `${script} digits`,
      (phoneNumber) => inDigitsFrom(zero, phoneNumber),
    ]),
    ['an embedding for right-to-left texts', (phoneNumber) => `\u202A${phoneNumber}\u202C`],
    ['an isolate and a tab', (phoneNumber) => `\u2066${phoneNumber}\u2069\t`],
    ['word joiners', (phoneNumber) => [...phoneNumber].join('\u2060')],
    ['a pictograph', (phoneNumber) => `\u{260E}\uFE0F ${phoneNumber}`],
  ];

  test.each(spellings)('is matched and found with %s', async (_name, spell) => {
    const [owner, other] = await Promise.all([aUser(admin), aUser(admin)]);
    const phoneNumber = spell(other.phoneNumber);

    const added = await as(owner).call(userRest.addContacts, { phoneNumber, name: 'Friend' });
    const found = await as(owner).call(userRest.searchUsers, { q: phoneNumber });

    expect(added.body.results[0]).toMatchObject({ contact: { user: { id: other.id } } });
    expect(found.body.items).toMatchObject([{ id: other.id }]);
  });
});
