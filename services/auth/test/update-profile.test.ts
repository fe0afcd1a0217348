import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { aContact, aMedia, aUser } from '@taar/testing/factories';
import { problemOf, startAuth } from './start.ts';

const { admin, signIn, holding } = await startAuth();

describe('PUT /auth/profile', () => {
  test('completes the profile with cleaned text', async () => {
    const me = await signIn();
    expect(me.user).toMatchObject({ name: '', profileComplete: false });

    const { body } = await holding(me)(authRest.updateProfile, {
      name: '  Asha\u202E \n Rao ',
      about: '<b>नमस्ते</b>',
    });

    expect(body).toMatchObject({ name: 'Asha Rao', about: '<b>नमस्ते</b>', profileComplete: true });
  });

  test.each([[' '], ['\u200B'], ['x'.repeat(65)], ['']])('rejects the name %j', async (name) => {
    const refused = await holding(await signIn())(authRest.updateProfile, { name });

    expect(problemOf(refused)).toMatchObject({ code: 'validation_failed' });
  });

  test('accepts only a ready picture of the caller as avatar', async () => {
    const me = await signIn();
    const put = (avatarMediaId: string | null) =>
      holding(me)(authRest.updateProfile, { avatarMediaId });
    const own = await aMedia(admin, me.user, { purpose: 'avatar' });
    const foreign = await aMedia(admin, await aUser(admin));
    const pending = await aMedia(admin, me.user, { state: 'pending' });

    expect(problemOf(await put(foreign.id))).toMatchObject({ code: 'media_not_found' });
    expect(problemOf(await put(pending.id))).toMatchObject({ code: 'media_not_ready' });
    expect((await put(own.id)).body.avatarUrl).toBe(`/media/${own.id}`);
    const links = { kind: 'avatar', refId: me.user.id };
    expect(await admin.mediaLink.count({ where: links })).toBe(1);
    expect((await put(null)).body.avatarUrl).toBeNull();
    expect(await admin.mediaLink.count({ where: links })).toBe(0);
  });

  test('works for a user who is a contact of others', async () => {
    const me = await signIn();
    await aContact(admin, await aUser(admin), me.user);

    expect((await holding(me)(authRest.updateProfile, { about: null })).body.about).toBeNull();
  });
});
