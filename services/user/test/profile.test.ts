import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { aContact, aMedia, aPhoneNumber, aUser } from '@taar/testing/factories';
import { startUser } from './start.ts';

const { admin, as } = await startUser();

describe('GET /users/me', () => {
  test('returns the account with its settings, and 304 while nothing changed', async () => {
    const user = await aUser(admin);
    const me = as(user);

    const first = await me.call(userRest.getMe, {});

    expect(first.body).toMatchObject({
      id: user.id,
      phoneNumber: user.phoneNumber,
      settings: { lastSeen: 'everyone', readReceipts: true, exceptions: {} },
    });
    const again = await me.send('get', '/users/me');
    expect((await again.request.set('If-None-Match', first.headers['etag']!)).status).toBe(304);
    await me.call(userRest.updateMe, { settings: { readReceipts: false } });
    const changed = await me.send('get', '/users/me');
    expect((await changed.request.set('If-None-Match', first.headers['etag']!)).status).toBe(200);
  });
});

describe('PUT /users/me', () => {
  test('stores names in one normal form, without invisible characters', async () => {
    const me = as(await aUser(admin));
    const { body } = await me.call(userRest.updateMe, {
      name: '  Cafe\u0301 \u202eAsha\u2066\n ',
      about: 'Kolkata\u0007, mostly ',
    });
    expect(body).toMatchObject({ name: 'Caf\u00e9 Asha', about: 'Kolkata, mostly' });
  });

  test('stores markup as plain text', async () => {
    const me = as(await aUser(admin));
    const name = '<b>{{7*7}}</b> \'; DROP TABLE "x';
    expect((await me.call(userRest.updateMe, { name })).body.name).toBe(name);
  });

  test.each([
    ['only a space', ' '],
    ['only invisible characters', '\u200b\u2060'],
    ['65 letters', 'x'.repeat(65)],
    ['256 letters', 'x'.repeat(256)],
    ['64 letters that are stored as two code points each', '\u0958'.repeat(64)],
  ])('rejects a name of %s', async (_what, name) => {
    const me = as(await aUser(admin));
    expect((await me.call(userRest.updateMe, { name })).status).toBe(400);
  });

  test('rejects an about text that is too long in its stored form', async () => {
    const me = as(await aUser(admin));
    expect((await me.call(userRest.updateMe, { about: '\u0958'.repeat(140) })).status).toBe(400);
  });

  test('rejects fields that a user cannot set, and an empty change', async () => {
    const me = as(await aUser(admin));
    const bodies = [
      { phoneNumber: aPhoneNumber() },
      { phone_number: aPhoneNumber() },
      { firebaseUid: 'x' },
      { isOnline: true },
      { id: randomUUID() },
      { role: 'admin' },
      { avatarUrl: 'https://example.com/x.png' },
      { avatarMediaId: 'https://example.com/x.png' },
      { settings: {} },
      { settings: { lastSeen: 'friends' } },
      {},
    ];
    for (const body of bodies) {
      const { request } = await me.send('put', '/users/me');
      expect((await request.send(body)).body).toMatchObject({ code: 'validation_failed' });
    }
  });

  test('accepts only a ready picture of the caller as avatar, and releases it when it is removed', async () => {
    const [user, other] = await Promise.all([aUser(admin), aUser(admin)]);
    const me = as(user);
    const [own, foreign, pending, video] = await Promise.all([
      aMedia(admin, user, { purpose: 'avatar' }),
      aMedia(admin, other, { purpose: 'avatar' }),
      aMedia(admin, user, { state: 'processing', readyAt: null }),
      aMedia(admin, user, { mimeType: 'video/mp4' }),
    ]);

    const set = await me.call(userRest.updateMe, { avatarMediaId: own.id });
    expect(set.body.avatarUrl).toBe(`/media/${own.id}`);
    for (const { id } of [foreign, video, { id: randomUUID() }])
      expect(await me.call(userRest.updateMe, { avatarMediaId: id })).toMatchObject({
        body: { code: 'media_not_found' },
      });
    expect(await me.call(userRest.updateMe, { avatarMediaId: pending.id })).toMatchObject({
      body: { code: 'media_not_ready' },
    });
    expect((await me.call(userRest.updateMe, { avatarMediaId: null })).body.avatarUrl).toBeNull();
    expect(await admin.mediaLink.count({ where: { refId: user.id } })).toBe(0);
  });

  test('changes only the given settings, and replaces a given list of exceptions', async () => {
    const [user, one, other] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
    const me = as(user);
    await me.call(userRest.updateMe, {
      settings: {
        lastSeen: 'contacts_except',
        exceptions: { lastSeen: [one.id], addToGroups: [one.id, other.id] },
      },
    });
    const { body } = await me.call(userRest.updateMe, {
      settings: { about: 'nobody', exceptions: { addToGroups: [other.id] } },
    });
    expect(body.settings).toMatchObject({
      lastSeen: 'contacts_except',
      about: 'nobody',
      avatar: 'everyone',
      exceptions: { lastSeen: [one.id], addToGroups: [other.id] },
    });
  });

  test('rejects the caller and unknown users as exceptions', async () => {
    const user = await aUser(admin);
    const me = as(user);
    const change = (id: string) =>
      me.call(userRest.updateMe, { settings: { exceptions: { about: [id] } } });
    expect((await change(user.id)).status).toBe(400);
    expect(await change(randomUUID())).toMatchObject({ body: { code: 'user_not_found' } });
  });

  test('changes nothing if one part is rejected', async () => {
    const user = await aUser(admin);
    const answer = await as(user).call(userRest.updateMe, {
      name: 'Other',
      settings: { exceptions: { about: [randomUUID()] } },
    });
    expect(answer.status).toBe(404);
    const row = await admin.user.findUniqueOrThrow({ where: { id: user.id } });
    expect(row.name).toBe(user.name);
  });

  test('increases the private version, for the other devices of the user', async () => {
    const user = await aUser(admin);
    await aContact(admin, await aUser(admin), user);
    await as(user).call(userRest.updateMe, { settings: { avatar: 'nobody' } });
    const state = await admin.userState.findUniqueOrThrow({ where: { userId: user.id } });
    expect(state.userVer).toBe(1n);
  });
});
