import { describe, expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import type { Answer } from '@taar/testing/client';
import { aBlock, aContact, aPhoneNumber, aUser } from '@taar/testing/factories';
import { eventually, startUser } from './start.ts';

const { admin, as, events } = await startUser();

const joined = (userId: string) =>
  events.find(
    ({ event, audience }) =>
      event === 'contact_joined' && 'users' in audience && audience.users.includes(userId),
  );
const join = async (phoneNumber: string) => {
  const user = await aUser(admin, { phoneNumber });
  await admin.outbox.create({ data: { topic: topics.matchContacts, key: user.id } });
  return user;
};
const matched = (ownerId: string) =>
  eventually(() => admin.contact.findFirst({ where: { ownerId, userId: { not: null } } }));

describe('POST /users/contacts', () => {
  test('adds a person with an account: 201, and 200 when repeated', async () => {
    const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
    const me = as(asha);
    const entry = { phoneNumber: biren.phoneNumber, name: 'Mum' };

    const first = await me.call(userRest.addContacts, entry);
    const second = await me.call(userRest.addContacts, { ...entry, name: 'Ma' });

    expect(first).toMatchObject({
      status: 201,
      body: {
        results: [
          {
            state: 'matched',
            contact: {
              contactName: 'Mum',
              phoneNumber: biren.phoneNumber,
              user: { id: biren.id },
            },
          },
        ],
      },
    });
    expect(second).toMatchObject({ status: 200, body: { results: [{ state: 'matched' }] } });
    const { body } = await me.call(userRest.listContacts, {});
    expect(body.items.map(({ contactName }) => contactName)).toEqual(['Ma']);
  });

  test('keeps of a stranger’s number nothing that could be read', async () => {
    const asha = await aUser(admin);
    const phoneNumber = aPhoneNumber();

    const { body } = await as(asha).call(userRest.addContacts, { phoneNumber, name: 'Stranger' });

    expect(body.results[0]).toMatchObject({
      state: 'not_registered',
      contact: { user: null, registered: false, phoneNumber },
    });
    const listed = await as(asha).call(userRest.listContacts, {});
    expect(listed.body.items[0]).toMatchObject({ contactName: 'Stranger', phoneNumber: null });
    const { phoneHash, ...columns } = await admin.contact.findFirstOrThrow({
      where: { ownerId: asha.id },
    });
    const stored = [Buffer.from(phoneHash).toString('latin1'), ...Object.values(columns)];
    for (const value of stored) expect(String(value)).not.toContain(phoneNumber.slice(3));
  });

  test('takes a number however it is written, as one', async () => {
    const owner = await aUser(admin, { phoneNumber: aPhoneNumber() });
    const me = as(owner);
    const number = aPhoneNumber();
    const national = number.slice(3);
    const fullWidth = [...number].map((c) => String.fromCodePoint(c.codePointAt(0)! + 0xfee0));
    const arabic = [...national].map((digit) => String.fromCodePoint(0x660 + Number(digit)));
    const written = [
      number,
      national,
      `0${national}`,
      `0091${national}`,
      `+91 ${national.slice(0, 5)} ${national.slice(5)}`,
      `+91-${national}`,
      fullWidth.join(''),
      `+91${arabic.join('')}`,
    ];

    for (const phoneNumber of written) {
      const { body } = await me.call(userRest.addContacts, { phoneNumber, name: 'One' });
      expect(body.results[0]!.contact!.phoneNumber).toBe(number);
    }
    expect(await admin.contact.count({ where: { ownerId: owner.id } })).toBe(1);
  });

  test('refuses alone what it passes over in an upload: no numbers, no names, oneself', async () => {
    const owner = await aUser(admin);
    const me = as(owner);
    const wrong = [
      { phoneNumber: '123', name: 'Short' },
      { phoneNumber: '+1 555 0100 ext 5', name: 'Extension' },
      { phoneNumber: 'call 9876543210', name: 'Words' },
      { phoneNumber: aPhoneNumber(), name: '\u200b' },
      // Stored as two code points each.
      { phoneNumber: aPhoneNumber(), name: '\u0958'.repeat(200) },
      { phoneNumber: owner.phoneNumber, name: 'Me' },
    ];
    for (const entry of wrong)
      expect(await me.call(userRest.addContacts, entry)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });

    const right = { phoneNumber: aPhoneNumber(), name: 'Right' };
    const { status, body } = await me.call(userRest.addContacts, { contacts: [...wrong, right] });
    expect(status).toBe(200);
    expect(body.results.map(({ state }) => state)).toEqual([
      ...wrong.map(() => 'invalid'),
      'not_registered',
    ]);
  });

  test('takes a thousand at once, and not one more', async () => {
    const owner = await aUser(admin);
    const me = as(owner);
    const friend = await aUser(admin);
    const many = Array.from({ length: 999 }, (_, i) => ({
      phoneNumber: `+9177${String(10_000_000 + i)}`,
      name: `Number ${i}`,
    }));
    const thousand = [...many, { phoneNumber: friend.phoneNumber, name: 'Friend' }];

    const { body } = await me.call(userRest.addContacts, { contacts: thousand });
    expect(body.results).toHaveLength(1_000);
    expect(body.results.at(-1)).toMatchObject({ state: 'matched' });
    const again = await me.call(userRest.addContacts, { contacts: thousand });
    expect(again.status).toBe(200);
    const state = await admin.userState.findUniqueOrThrow({ where: { userId: owner.id } });
    expect(state.userVer).toBe(1n);

    const more = [...thousand, { phoneNumber: aPhoneNumber(), name: 'Too many' }];
    expect(await me.call(userRest.addContacts, { contacts: more })).toMatchObject({
      status: 413,
      body: { code: 'payload_too_large' },
    });
  });

  test('strips marks from names that would turn the text around', async () => {
    const me = as(await aUser(admin));
    const { body } = await me.call(userRest.addContacts, {
      phoneNumber: aPhoneNumber(),
      name: '\u202egpj.evil\n',
    });
    expect(body.results[0]!.contact!.contactName).toBe('gpj.evil');
  });
});

describe('somebody who does not want to be found by number', () => {
  const hidden = async () => {
    const user = await aUser(admin);
    await as(user).call(userRest.updateMe, { settings: { discoverableByPhone: false } });
    return user;
  };

  test('looks like somebody without an account', async () => {
    const [stranger, shy] = await Promise.all([aUser(admin), hidden()]);
    const add = async (phoneNumber: string) => {
      const entry = { phoneNumber, name: 'Who' };
      const { status, body } = await as(stranger).call(userRest.addContacts, entry);
      const { state, contact } = body.results[0]!;
      return { status, state, contact: { ...contact, id: '', phoneNumber: '', updatedAt: '' } };
    };
    expect(await add(shy.phoneNumber)).toEqual(await add(aPhoneNumber()));
  });

  test('is found by those whom they add, once they add them', async () => {
    const [asha, shy] = await Promise.all([aUser(admin), hidden()]);
    await as(asha).call(userRest.addContacts, { phoneNumber: shy.phoneNumber, name: 'Shy' });
    await as(shy).call(userRest.addContacts, { phoneNumber: asha.phoneNumber, name: 'Asha' });
    expect(await matched(asha.id)).toMatchObject({ userId: shy.id });
  });

  test('is found by all who have the number once they want to be', async () => {
    const [asha, shy] = await Promise.all([aUser(admin), hidden()]);
    await as(asha).call(userRest.addContacts, { phoneNumber: shy.phoneNumber, name: 'Shy' });
    await as(shy).call(userRest.updateMe, { settings: { discoverableByPhone: true } });
    expect(await matched(asha.id)).toMatchObject({ userId: shy.id });
  });
});

describe('somebody who joins', () => {
  test('is matched in every address book that has the number, and its owners are told', async () => {
    const owners = await Promise.all([aUser(admin), aUser(admin)]);
    const phoneNumber = aPhoneNumber();
    for (const owner of owners)
      await as(owner).call(userRest.addContacts, { phoneNumber, name: 'Soon' });

    const newcomer = await join(phoneNumber);

    for (const owner of owners) {
      const told = await eventually(async () => joined(owner.id));
      expect(told.payload).toMatchObject({
        contact: { contactName: 'Soon', registered: true, user: { id: newcomer.id } },
      });
      const { body } = await as(owner).call(userRest.listContacts, { updatedAfterVer: 1 });
      expect(body.items).toMatchObject([{ user: { id: newcomer.id }, phoneNumber }]);
    }
  });

  test('is told to nobody who blocks them', async () => {
    const [owner, other] = await Promise.all([aUser(admin), aUser(admin)]);
    const phoneNumber = aPhoneNumber();
    for (const person of [owner, other])
      await as(person).call(userRest.addContacts, { phoneNumber, name: 'Soon' });
    const newcomer = await aUser(admin, { phoneNumber });
    await aBlock(admin, newcomer, owner);
    await admin.outbox.create({ data: { topic: topics.matchContacts, key: newcomer.id } });
    await eventually(async () => joined(other.id));
    expect(joined(owner.id)).toBeUndefined();
  });
});

describe('GET /users/contacts', () => {
  test('pages by name through everything once', async () => {
    const owner = await aUser(admin);
    const names = ['Ma', 'Biren', 'Asha', 'Dolly', 'Chhaya'];
    for (const name of names) await aContact(admin, owner, await aUser(admin), { name });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Answer<typeof userRest.listContacts> = await as(owner).call(
        userRest.listContacts,
        { limit: 2, ...(cursor && { cursor }) },
      );
      seen.push(...page.body.items.map(({ contactName }) => contactName));
      cursor = page.body.nextCursor;
    } while (cursor);
    expect(seen).toEqual(names.toSorted());
  });

  test('tells after a version what changed and what went, page by page', async () => {
    const owner = await aUser(admin);
    const me = as(owner);
    const add = async (name: string) => {
      const { body } = await me.call(userRest.addContacts, { phoneNumber: aPhoneNumber(), name });
      return body.results[0]!.contact!.id;
    };
    const [kept, renamed, removed] = [await add('Kept'), await add('Old name'), await add('Gone')];
    const { ver } = (await me.call(userRest.listContacts, {})).body;

    await me.call(userRest.updateContact, { userId: renamed, name: 'New name', favorite: true });
    await me.call(userRest.deleteContact, { userId: removed });
    await me.call(userRest.deleteContact, { userId: removed });
    const added = await add('New');

    const first = await me.call(userRest.listContacts, { updatedAfterVer: ver, limit: 2 });
    expect(first.body).toMatchObject({
      items: [{ id: renamed, contactName: 'New name', favorite: true }],
      removed: [removed],
    });
    const second = await me.call(userRest.listContacts, {
      updatedAfterVer: ver,
      limit: 2,
      cursor: first.body.nextCursor!,
    });
    expect(second.body).toMatchObject({ items: [{ id: added }], removed: [], nextCursor: null });
    expect(second.body.ver).toBe(first.body.ver);
    expect(first.body.items.map(({ id }) => id)).not.toContain(kept);
    const none = await me.call(userRest.listContacts, { updatedAfterVer: first.body.ver });
    expect(none.body).toMatchObject({ items: [], removed: [] });
  });

  test('renames by the person’s id too, and knows no entry of somebody else', async () => {
    const [owner, friend, other] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
    const entry = await aContact(admin, owner, friend);
    const renamed = await as(owner).call(userRest.updateContact, {
      userId: friend.id,
      name: 'Biren da',
    });
    expect(renamed.body).toMatchObject({ id: entry.id, contactName: 'Biren da' });
    expect(
      await as(other).call(userRest.updateContact, { userId: entry.id, name: 'Mine' }),
    ).toMatchObject({ body: { code: 'user_not_found' } });
    await as(other).call(userRest.deleteContact, { userId: entry.id });
    expect(await admin.contact.count({ where: { ownerId: owner.id } })).toBe(1);
  });
});
