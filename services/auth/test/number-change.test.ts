import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { aPhoneNumber } from '@taar/testing/factories';
import { createAccountSteps, rightPin } from './account-steps.ts';
import { problemOf, startAuth } from './start.ts';

const auth = await startAuth();
const { admin, signIn, holding } = auth;
const { verify, signUpWithPin, changeUid, goIdle } = createAccountSteps(auth);

describe('a number that may have changed hands', () => {
  test.each([
    ['is proven with another Firebase uid', changeUid],
    ['is proven after a year without use', goIdle],
  ])('and %s gets a new account, and the old one loses its personal data', async (_how, change) => {
    const phoneNumber = aPhoneNumber();
    const former = await signIn(phoneNumber);
    await holding(former)(authRest.updateProfile, { name: 'Asha', about: 'At the river' });
    await change(former);

    const { answer } = await verify(phoneNumber);

    expect(answer.status).toBe(201);
    expect(answer.body.user).toMatchObject({ phoneNumber, name: '' });
    expect(answer.body.user.id).not.toBe(former.user.id);
    const old = await admin.user.findUniqueOrThrow({ where: { id: former.user.id } });
    expect(old).toMatchObject({ name: 'Deleted account', about: null, avatarUrl: null });
    expect(old.phoneNumber).not.toContain(phoneNumber);
    expect(problemOf(await holding(former)(authRest.listSessions, {}))).toMatchObject({
      code: 'session_revoked',
      action: 'logout',
    });
    const erasure = { topic: topics.eraseUser, key: former.user.id };
    expect(await admin.outbox.count({ where: erasure })).toBe(1);
  });

  test('opens the old account with its PIN, and ends its old sessions', async () => {
    const { me, phoneNumber } = await signUpWithPin();
    await changeUid(me);
    const where = { id: me.session.id };
    await admin.session.update({ where, data: { pushToken: `push-${me.session.id}` } });

    const { answer, again } = await verify(phoneNumber);
    expect(problemOf(answer)).toMatchObject({ code: 'pin_required', canStartAnew: true });
    expect(await admin.outbox.count({ where: { key: me.session.id } })).toBe(0);
    const opened = await again(rightPin);

    expect(opened.body).toMatchObject({ isNewUser: false, user: { id: me.user.id } });
    expect(problemOf(await holding(me)(authRest.listSessions, {}))).toMatchObject({
      code: 'session_revoked',
    });
    const [push] = await admin.outbox.findMany({ where: { key: me.session.id } });
    expect(push!.payload).toMatchObject({
      reason: 'number_proven_again',
      token: expect.any(String),
    });
  });

  test('gets a new account if the caller does not know the PIN', async () => {
    const { me, phoneNumber } = await signUpWithPin();
    await changeUid(me);

    const { answer } = await verify(phoneNumber, null);

    expect(answer.body.isNewUser).toBe(true);
    expect(answer.body.user.id).not.toBe(me.user.id);
  });

  test('opens no account while its Firebase account is disabled', async () => {
    const phoneNumber = aPhoneNumber();
    const { user } = await signIn(phoneNumber);
    const { firebaseUid: uid } = await admin.user.findUniqueOrThrow({ where: { id: user.id } });
    const job = { topic: topics.firebaseAccount, key: user.id };
    const { id } = await admin.outbox.create({
      data: { ...job, payload: { action: 'disable', uid } },
    });
    while (!(await admin.outbox.findUniqueOrThrow({ where: { id } })).doneAt)
      await new Promise((resolve) => setTimeout(resolve, 50));

    const { answer } = await verify(phoneNumber);

    expect(problemOf(answer)).toMatchObject({ status: 403, code: 'account_suspended' });
  });

  test('does not end the suspension of its account', async () => {
    const phoneNumber = aPhoneNumber();
    const me = await signIn(phoneNumber);
    const where = { userId: me.user.id };
    await admin.userState.update({ where, data: { suspendedAt: new Date() } });
    await changeUid(me);

    const { answer } = await verify(phoneNumber);

    expect(problemOf(answer)).toMatchObject({ status: 403, code: 'account_suspended' });
  });
});
