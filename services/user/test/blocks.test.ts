import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { aContact, aUser } from '@taar/testing/factories';
import { eventually, startUser } from './start.ts';

const { admin, as, events } = await startUser();

test('blocking and unblocking can be repeated, and only the own devices receive an event', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const me = as(asha);
  const target = { userId: biren.id };

  for (let i = 0; i < 2; i++) expect((await me.call(userRest.blockUser, target)).status).toBe(204);
  const listed = await me.call(userRest.listBlocks, {});
  expect(listed.body).toMatchObject({ items: [{ user: { id: biren.id } }], nextCursor: null });
  for (let i = 0; i < 2; i++)
    expect((await me.call(userRest.unblockUser, target)).status).toBe(204);
  expect((await me.call(userRest.listBlocks, {})).body.items).toEqual([]);

  await eventually(async () => events.length >= 2);
  expect(events).toEqual(
    [1, 2].map((userVer) => ({
      event: 'my_state_updated',
      audience: { users: [asha.id] },
      payload: { userVer },
    })),
  );
  const removal = await admin.userRemoval.findFirstOrThrow({ where: { userId: asha.id } });
  expect(removal).toMatchObject({ kind: 'block', ref: biren.id, userVer: 2n });
});

test('a renewed block is no longer listed as a removal', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const me = as(asha);
  await me.call(userRest.blockUser, { userId: biren.id });
  await me.call(userRest.unblockUser, { userId: biren.id });
  await me.call(userRest.blockUser, { userId: biren.id });
  expect(await admin.userRemoval.count({ where: { userId: asha.id } })).toBe(0);
  expect(await admin.block.findFirst({ where: { blockerId: asha.id } })).toMatchObject({
    userVer: 3n,
  });
  const hide = { topic: topics.hidePresence, key: asha.id };
  expect((await admin.outbox.findMany({ where: hide })).map(({ payload }) => payload)).toEqual([
    { otherId: biren.id },
    { otherId: biren.id },
  ]);
});

test('a user cannot block themselves or an unknown user', async () => {
  const asha = await aUser(admin);
  const block = (userId: string) => as(asha).call(userRest.blockUser, { userId });
  expect((await block(asha.id)).status).toBe(400);
  expect(await block(randomUUID())).toMatchObject({ body: { code: 'user_not_found' } });
});

test('a user shows as little to a blocked user as to others when hiding everything', async () => {
  const [asha, blocked, other] = await Promise.all([
    aUser(admin, { about: 'At the river', isOnline: true, lastSeen: new Date() }),
    aUser(admin),
    aUser(admin),
  ]);
  for (const viewer of [blocked, other]) await aContact(admin, viewer, asha, { name: 'Asha' });
  await as(asha).call(userRest.blockUser, { userId: blocked.id });
  const ofBlocked = await as(blocked).call(userRest.getUser, { userId: asha.id });

  const nothing = 'nobody';
  await as(asha).call(userRest.updateMe, {
    settings: { lastSeen: nothing, online: 'same_as_last_seen', avatar: nothing, about: nothing },
  });
  const ofOther = await as(other).call(userRest.getUser, { userId: asha.id });

  expect(ofBlocked.body).toEqual(ofOther.body);
  const { body } = await as(blocked).call(userRest.addContacts, {
    phoneNumber: asha.phoneNumber,
    name: 'Asha',
  });
  expect(body.results[0]).toMatchObject({ state: 'matched', contact: { blocked: false } });
});
