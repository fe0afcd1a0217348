import { expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { aPhoneNumber, aUser } from '@taar/testing/factories';
import { startUser } from './start.ts';

const { admin, as } = await startUser({
  RATE_LIMIT_FACTOR: '1',
  NEW_CONTACTS_PER_DAY: '5',
  NUMBER_SEARCHES_PER_DAY: '3',
});

const entries = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ phoneNumber: aPhoneNumber(), name: `Number ${i}` }));
const refused = {
  status: 429,
  body: { code: 'rate_limited', retryAfterMs: expect.any(Number) as unknown },
};
const startNewDay = (userId: string) =>
  admin.lookupBudget.updateMany({ where: { userId }, data: { day: new Date(0) } });

test('a user can add a limited number of new numbers a day, even after deleting some', async () => {
  const owner = await aUser(admin);
  const me = as(owner);
  const known = entries(4);
  const add = (contacts: typeof known) => me.call(userRest.addContacts, { contacts });

  expect((await add(known)).status).toBe(200);
  expect((await add(known)).status).toBe(200);
  expect(await add(entries(2))).toMatchObject(refused);
  expect((await add(entries(1))).status).toBe(200);
  expect(await admin.contact.count({ where: { ownerId: owner.id } })).toBe(5);

  const { body } = await me.call(userRest.listContacts, {});
  for (const { id } of body.items) await me.call(userRest.deleteContact, { userId: id });
  expect(await add(known.slice(0, 1))).toMatchObject(refused);
  await startNewDay(owner.id);
  expect((await add(known)).status).toBe(200);
});

test('a user has a limited number of searches by number a day, with or without a result', async () => {
  const [user, person] = await Promise.all([aUser(admin), aUser(admin)]);
  const ask = (q: string) => as(user).call(userRest.searchUsers, { q });
  await ask(person.phoneNumber);
  for (let i = 0; i < 2; i++) expect((await ask(aPhoneNumber())).status).toBe(200);

  expect(await ask(aPhoneNumber())).toMatchObject(refused);
  expect(await ask(person.phoneNumber)).toMatchObject(refused);
  expect((await ask('Asha')).status).toBe(200);
});

test('concurrent searches do not exceed the budget', async () => {
  const user = await aUser(admin);
  const asked = await Promise.all(
    Array.from({ length: 8 }, () => as(user).call(userRest.searchUsers, { q: aPhoneNumber() })),
  );
  expect(asked.filter(({ status }) => status === 200)).toHaveLength(3);
});
