import { describe, expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { aBlock, aContact, aGroup, aPhoneNumber, aUser } from '@taar/testing/factories';
import { startUser } from './start.ts';

const { admin, as } = await startUser();

type User = Awaited<ReturnType<typeof aUser>>;
const find = async (user: User, q: string) => {
  const { body } = await as(user).call(userRest.searchUsers, { q });
  return body.items.map(({ id }) => id);
};
const hide = (user: User) =>
  admin.userSettings.create({ data: { userId: user.id, discoverable: false } });

describe('GET /users/search', () => {
  test('finds contacts by either name, then members of the same groups, by the beginning of a word', async () => {
    const [me, mum, mate, former, stranger] = await Promise.all(
      ['Me', 'Shukla Sen', 'Shukla Roy', 'Shukla Gone', 'Shukla Das'].map((name) =>
        aUser(admin, { name }),
      ),
    );
    await aContact(admin, me!, mum!, { name: 'Thakuma dear' });
    const group = await aGroup(admin, { owner: me!, members: [mate!, former!, mum!] });
    await admin.chatMember.update({
      where: { chatId_userId: { chatId: group.id, userId: former!.id } },
      data: { leftAt: new Date(), leftSeq: 0n },
    });

    expect(await find(me!, 'shukla')).toEqual([mum!.id, mate!.id]);
    expect(await find(me!, 'THAKUMA')).toEqual([mum!.id]);
    expect(await find(me!, 'dear')).toEqual([mum!.id]);
    expect(await find(me!, 'ukla')).toEqual([]);
    expect(await find(stranger!, 'shukla')).toEqual([]);
  });

  test('compares wildcards and operators literally', async () => {
    const [me, percent, plain] = await Promise.all([
      aUser(admin, { name: 'Me' }),
      aUser(admin, { name: '100%_\\ sure' }),
      aUser(admin, { name: '100 plain' }),
    ]);
    await aContact(admin, me, percent, { name: 'a' });
    await aContact(admin, me, plain, { name: 'b' });
    expect(await find(me, '100%_\\')).toEqual([percent.id]);
    for (const q of ['%%%', '___', '\\\\\\', '(a+)+$', "' OR 1=1 --", '.*.*'])
      expect(await find(me, q)).toEqual([]);
  });

  test('requires three to 200 characters', async () => {
    const me = as(await aUser(admin));
    for (const q of ['', 'ab', '    ', ' a ', 'x'.repeat(201), 'x'.repeat(10_000)])
      expect((await me.call(userRest.searchUsers, { q })).status).toBe(400);
  });

  test('finds the owner of a whole number, and never by a part of one', async () => {
    const [me, person] = await Promise.all([aUser(admin), aUser(admin)]);
    expect(await find(me, person.phoneNumber)).toEqual([person.id]);
    expect(await find(me, person.phoneNumber.slice(3))).toEqual([person.id]);
    expect(await find(me, person.phoneNumber.slice(0, -1))).toEqual([]);
    const { body } = await as(me).call(userRest.searchUsers, { q: person.phoneNumber });
    expect(body.items[0]).not.toHaveProperty('phoneNumber');
  });

  test('answers alike for a number without an account and of a user who must not be found', async () => {
    const me = await aUser(admin);
    const [shy, suspended, deleted, blocking, blocked] = await Promise.all(
      Array.from({ length: 5 }, () => aUser(admin)),
    );
    await hide(shy!);
    const now = new Date();
    await admin.userState.update({ where: { userId: suspended!.id }, data: { suspendedAt: now } });
    await admin.userState.update({ where: { userId: deleted!.id }, data: { deletedAt: now } });
    await aBlock(admin, blocking!, me);
    await aBlock(admin, me, blocked!);

    const ask = async (q: string) => {
      const { status, body } = await as(me).call(userRest.searchUsers, { q });
      return { status, body };
    };
    const unknown = await ask(aPhoneNumber());
    expect(unknown).toEqual({ status: 200, body: { items: [], nextCursor: null } });
    for (const user of [shy, suspended, deleted, blocking, blocked])
      expect(await ask(user!.phoneNumber)).toEqual(unknown);
  });

  test('finds a user who is not discoverable if the caller is their contact', async () => {
    const [me, shy] = await Promise.all([aUser(admin), aUser(admin)]);
    await hide(shy);
    await aContact(admin, shy, me);
    expect(await find(me, shy.phoneNumber)).toEqual([shy.id]);
  });

  test('returns no blocked, suspended or deleted users, even contacts', async () => {
    const me = await aUser(admin);
    const people = await Promise.all(
      Array.from({ length: 4 }, () => aUser(admin, { name: 'Hidden Hari' })),
    );
    for (const person of people) await aContact(admin, me, person);
    await aGroup(admin, { owner: me, members: people });
    expect(await find(me, 'hidden')).toHaveLength(4);
    const [suspended, deleted, blocking, blocked] = people;
    const now = new Date();
    await admin.userState.update({ where: { userId: suspended!.id }, data: { suspendedAt: now } });
    await admin.userState.update({ where: { userId: deleted!.id }, data: { deletedAt: now } });
    await aBlock(admin, blocking!, me);
    await aBlock(admin, me, blocked!);
    expect(await find(me, 'hidden')).toEqual([]);
  });

  test('returns every result once, in pages', async () => {
    const me = await aUser(admin);
    const people = await Promise.all(
      Array.from({ length: 5 }, (_, i) => aUser(admin, { name: `Paged ${i % 2}` })),
    );
    await aGroup(admin, { owner: me, members: people });
    const pages = [];
    let cursor: string | undefined;
    for (let more = true; more; more = cursor !== undefined) {
      const answer = await as(me).send('get', '/users/search');
      const { body } = await answer.request.query({
        q: 'paged',
        limit: 2,
        ...(cursor && { cursor }),
      });
      const page = body as { items: { id: string }[]; nextCursor: string | null };
      pages.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    }
    expect(pages).toHaveLength(5);
    expect(new Set(pages)).toEqual(new Set(people.map(({ id }) => id)));
    const other = await as(me).send('get', '/users/search');
    expect((await other.request.query({ q: 'other', cursor: 'x' })).status).toBe(400);
  });
});
