import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { aContact, aMedia, aPhoneNumber, aUser } from '@taar/testing/factories';
import { forgetAtFirebase } from './firebase.ts';
import { type SignedIn, aDevice, problemOf, startAuth } from './start.ts';

const { call, admin, sendOtp, signIn, holding } = await startAuth();

const rightPin = '135790';
const attempt = async (phoneNumber: string, pin?: string | null) => {
  const device = aDevice();
  const sent = await sendOtp(phoneNumber, device);
  const again = (next?: string | null) =>
    call(authRest.verifyOtp, { ...sent, device, ...(next !== undefined && { pin: next }) });
  return { answer: await again(pin), again };
};
const aPinned = async () => {
  const phoneNumber = aPhoneNumber();
  const me = await signIn(phoneNumber);
  await holding(me)(authRest.updatePin, { pin: rightPin });
  return { me, phoneNumber };
};
/** The number comes back from Firebase under another uid. */
const changeHands = async ({ user }: SignedIn) => {
  const { firebaseUid } = await admin.user.findUniqueOrThrow({ where: { id: user.id } });
  await forgetAtFirebase(firebaseUid);
};
const goIdle = async ({ user, session }: SignedIn) => {
  const longAgo = new Date(Date.now() - 366 * 86_400_000);
  await admin.user.update({ where: { id: user.id }, data: { createdAt: longAgo } });
  await admin.session.update({ where: { id: session.id }, data: { lastUsedAt: longAgo } });
};

describe('a number that changed hands', () => {
  test.each([
    ['with another uid', changeHands],
    ['after a year of silence', goIdle],
  ])('%s gets a fresh account, and nothing names the former owner', async (_how, change) => {
    const phoneNumber = aPhoneNumber();
    const former = await signIn(phoneNumber);
    await holding(former)(authRest.updateProfile, { name: 'Asha', about: 'At the river' });
    await change(former);

    const { answer } = await attempt(phoneNumber);

    expect(answer.status).toBe(201);
    expect(answer.body.user).toMatchObject({ phoneNumber, name: '' });
    expect(answer.body.user.id).not.toBe(former.user.id);
    const left = await admin.user.findUniqueOrThrow({ where: { id: former.user.id } });
    expect(left).toMatchObject({ name: 'Deleted account', about: null, avatarUrl: null });
    expect(left.phoneNumber).not.toContain(phoneNumber);
    expect(problemOf(await holding(former)(authRest.listSessions, {}))).toMatchObject({
      code: 'session_revoked',
      action: 'logout',
    });
    const erasure = { topic: topics.eraseUser, key: former.user.id };
    expect(await admin.outbox.count({ where: erasure })).toBe(1);
  });

  test('opens the old account to whoever knows its PIN, and ends its old sessions', async () => {
    const { me, phoneNumber } = await aPinned();
    await changeHands(me);
    const where = { id: me.session.id };
    await admin.session.update({ where, data: { pushToken: `push-${me.session.id}` } });

    const { answer, again } = await attempt(phoneNumber);
    expect(problemOf(answer)).toMatchObject({ code: 'pin_required', canStartAnew: true });
    expect(await admin.outbox.count({ where: { key: me.session.id } })).toBe(0);
    const opened = await again(rightPin);

    expect(opened.body).toMatchObject({ isNewUser: false, user: { id: me.user.id } });
    expect(problemOf(await holding(me)(authRest.listSessions, {}))).toMatchObject({
      code: 'session_revoked',
    });
    const [told] = await admin.outbox.findMany({ where: { key: me.session.id } });
    expect(told!.payload).toMatchObject({
      reason: 'number_proven_again',
      token: expect.any(String),
    });
  });

  test('with a PIN starts anew for whoever says not to know it', async () => {
    const { me, phoneNumber } = await aPinned();
    await changeHands(me);

    const { answer } = await attempt(phoneNumber, null);

    expect(answer.body.isNewUser).toBe(true);
    expect(answer.body.user.id).not.toBe(me.user.id);
  });

  test('that Firebase was told to disable opens nothing', async () => {
    const phoneNumber = aPhoneNumber();
    const { user } = await signIn(phoneNumber);
    const { firebaseUid: uid } = await admin.user.findUniqueOrThrow({ where: { id: user.id } });
    const job = { topic: topics.firebaseAccount, key: user.id };
    const { id } = await admin.outbox.create({
      data: { ...job, payload: { action: 'disable', uid } },
    });
    while (!(await admin.outbox.findUniqueOrThrow({ where: { id } })).doneAt)
      await new Promise((resolve) => setTimeout(resolve, 50));

    const { answer } = await attempt(phoneNumber);

    expect(problemOf(answer)).toMatchObject({ status: 403, code: 'account_suspended' });
  });

  test('of a suspended account does not end the suspension', async () => {
    const phoneNumber = aPhoneNumber();
    const me = await signIn(phoneNumber);
    const where = { userId: me.user.id };
    await admin.userState.update({ where, data: { suspendedAt: new Date() } });
    await changeHands(me);

    const { answer } = await attempt(phoneNumber);

    expect(problemOf(answer)).toMatchObject({ status: 403, code: 'account_suspended' });
  });
});

describe('somebody who left', () => {
  const leave = async ({ user }: SignedIn, eraseAfter: Date) => {
    await admin.userState.update({
      where: { userId: user.id },
      data: { deletedAt: new Date(), eraseAfter },
    });
    const job = { topic: topics.eraseUser, key: user.id };
    await admin.outbox.create({ data: { ...job, availableAt: eraseAfter } });
    return job;
  };
  const inAWeek = () => new Date(Date.now() + 7 * 86_400_000);

  test('comes back by signing in while there is time', async () => {
    const phoneNumber = aPhoneNumber();
    const former = await signIn(phoneNumber);
    const job = await leave(former, inAWeek());

    const device = aDevice();
    const back = await call(authRest.login, { ...(await sendOtp(phoneNumber, device)), device });

    expect(back).toMatchObject({ status: 200, body: { user: { id: former.user.id } } });
    const { deletedAt, eraseAfter } = await admin.userState.findUniqueOrThrow({
      where: { userId: former.user.id },
    });
    expect({ deletedAt, eraseAfter }).toEqual({ deletedAt: null, eraseAfter: null });
    expect(await admin.outbox.count({ where: { ...job, doneAt: null } })).toBe(0);
  });

  test('cannot sign in any more once the time is over', async () => {
    const phoneNumber = aPhoneNumber();
    await leave(await signIn(phoneNumber), new Date(Date.now() - 1_000));

    const device = aDevice();
    const sent = await sendOtp(phoneNumber, device);

    expect(await call(authRest.login, { ...sent, device })).toMatchObject({
      status: 404,
      body: { code: 'user_not_found' },
    });
  });

  test('gets a fresh account by signing up, and the old one is erased at once', async () => {
    const phoneNumber = aPhoneNumber();
    const former = await signIn(phoneNumber);
    const job = await leave(former, inAWeek());

    const { answer } = await attempt(phoneNumber);

    expect(answer).toMatchObject({ status: 201, body: { isNewUser: true, user: { name: '' } } });
    expect(answer.body.user.id).not.toBe(former.user.id);
    const [erasure, ...others] = await admin.outbox.findMany({ where: job });
    expect(others).toEqual([]);
    expect(erasure!.availableAt.getTime()).toBeLessThan(Date.now() + 60_000);
  });
});

describe('a PIN', () => {
  test('keeps out whoever has only the number', async () => {
    const { me, phoneNumber } = await aPinned();

    const { answer, again } = await attempt(phoneNumber);

    expect(problemOf(answer)).toMatchObject({ code: 'pin_required', canStartAnew: false });
    expect(problemOf(await again(null))).toMatchObject({ code: 'pin_required' });
    expect((await again(rightPin)).body.user.id).toBe(me.user.id);
  });

  test('has five tries, also when they race, and then is locked for the right one too', async () => {
    const { phoneNumber } = await aPinned();
    const { again } = await attempt(phoneNumber);
    const guesses = ['1111', '2222', '3333', '4444', '5555', '6666', '7777', '8888'];

    const answers = await Promise.all(guesses.map((pin) => again(pin)));

    const codes = answers.map((answer) => problemOf(answer)['code']);
    expect(codes.filter((code) => code === 'pin_invalid').length).toBeLessThanOrEqual(5);
    expect(codes).toContain('pin_attempts_exceeded');
    const locked = await again(rightPin);
    expect(problemOf(locked)).toMatchObject({ status: 429, code: 'pin_attempts_exceeded' });
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(3_600);
  });

  test('has all its tries again once the lock is over, or after a right one', async () => {
    const { me, phoneNumber } = await aPinned();
    const { again } = await attempt(phoneNumber);
    const where = { userId: me.user.id };
    await admin.userPin.update({ where, data: { tries: 5, lockedUntil: new Date(0) } });

    expect(problemOf(await again('0000'))).toMatchObject({ attemptsRemaining: 4 });
    expect((await again(rightPin)).status).toBe(200);
    expect(await admin.userPin.findUnique({ where })).toMatchObject({
      tries: 0,
      lockedUntil: null,
    });
  });

  test('is changed and removed only by whoever knows it', async () => {
    const { me } = await aPinned();
    const put = (body: { pin: string | null; currentPin?: string }) =>
      holding(me)(authRest.updatePin, body);

    expect(problemOf(await put({ pin: null }))).toMatchObject({ code: 'pin_required' });
    expect(problemOf(await put({ pin: null, currentPin: '0000' }))).toMatchObject({
      code: 'pin_invalid',
    });
    expect((await put({ pin: '24680', currentPin: rightPin })).status).toBe(204);
    expect((await put({ pin: null, currentPin: '24680' })).status).toBe(204);
    expect(await admin.userPin.count({ where: { userId: me.user.id } })).toBe(0);
  });

  test('set by two phones at once, is the one that was set first', async () => {
    const me = await signIn();
    const put = (pin: string) => holding(me)(authRest.updatePin, { pin });

    const statuses = (await Promise.all(['1111', '2222', '3333'].map(put))).map((a) => a.status);

    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  });

  test('is stored as a salted hash', async () => {
    const rows = await Promise.all([aPinned(), aPinned()]);
    const hashes = await Promise.all(
      rows.map(({ me }) => admin.userPin.findUniqueOrThrow({ where: { userId: me.user.id } })),
    );

    expect(hashes[0]!.hash).not.toBe(hashes[1]!.hash);
    expect(hashes[0]!.hash).not.toContain(rightPin);
  });
});

describe('PUT /auth/profile', () => {
  test('completes the profile, in clean text', async () => {
    const me = await signIn();
    expect(me.user).toMatchObject({ name: '', profileComplete: false });

    const { body } = await holding(me)(authRest.updateProfile, {
      name: '  Asha\u202E \n Rao ',
      about: '<b>नमस्ते</b>',
    });

    expect(body).toMatchObject({ name: 'Asha Rao', about: '<b>नमस्ते</b>', profileComplete: true });
  });

  test.each([[' '], ['\u200B'], ['x'.repeat(65)], ['']])('refuses the name %j', async (name) => {
    const refused = await holding(await signIn())(authRest.updateProfile, { name });

    expect(problemOf(refused)).toMatchObject({ code: 'validation_failed' });
  });

  test('takes only a picture of one’s own as avatar', async () => {
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

  test('works for somebody whom others have as a contact', async () => {
    const me = await signIn();
    await aContact(admin, await aUser(admin), me.user);

    expect((await holding(me)(authRest.updateProfile, { about: null })).body.about).toBeNull();
  });
});
