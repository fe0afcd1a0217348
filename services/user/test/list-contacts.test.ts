import { describe, expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import type { Answer } from '@taar/testing/call';
import { aContact, aPhoneNumber, aUser } from '@taar/testing/factories';
import { startUser } from './start.ts';

const { admin, as } = await startUser();

describe('GET /users/contacts', () => {
  test('returns every entry once, in pages by name', async () => {
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

  test('returns changed and removed entries after a version, in pages', async () => {
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
});

describe('PUT and DELETE /users/contacts/:userId', () => {
  test('accept the id of the entry or of its user, from the owner only', async () => {
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
