import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { aPhoneNumber } from '@taar/testing/factories';
import { createAccountSteps, rightPin } from './account-steps.ts';
import { type SignedIn, aDevice, problemOf, startAuth } from './start.ts';

const auth = await startAuth();
const { call, admin, sendOtp, signIn } = auth;
const { verify, signUpWithPin, changeUid } = createAccountSteps(auth);

describe('a deleted account', () => {
  const markAsDeleted = async ({ user }: SignedIn, eraseAfter: Date) => {
    await admin.userState.update({
      where: { userId: user.id },
      data: { deletedAt: new Date(), eraseAfter },
    });
    const job = { topic: topics.eraseUser, key: user.id };
    await admin.outbox.create({ data: { ...job, availableAt: eraseAfter } });
    return job;
  };
  const inAWeek = () => new Date(Date.now() + 7 * 86_400_000);

  test('is restored when its owner signs in before the erasure', async () => {
    const phoneNumber = aPhoneNumber();
    const former = await signIn(phoneNumber);
    const job = await markAsDeleted(former, inAWeek());

    const device = aDevice();
    const answer = await call(authRest.login, { ...(await sendOtp(phoneNumber, device)), device });

    expect(answer).toMatchObject({ status: 200, body: { user: { id: former.user.id } } });
    const { deletedAt, eraseAfter } = await admin.userState.findUniqueOrThrow({
      where: { userId: former.user.id },
    });
    expect({ deletedAt, eraseAfter }).toEqual({ deletedAt: null, eraseAfter: null });
    expect(await admin.outbox.count({ where: { ...job, doneAt: null } })).toBe(0);
  });

  test('is not restored when the erasure is due', async () => {
    const phoneNumber = aPhoneNumber();
    await markAsDeleted(await signIn(phoneNumber), new Date(Date.now() - 1_000));

    const device = aDevice();
    const sent = await sendOtp(phoneNumber, device);

    expect(await call(authRest.login, { ...sent, device })).toMatchObject({
      status: 404,
      body: { code: 'user_not_found' },
    });
  });

  test('is replaced by a new account when its owner signs up, and is erased at once', async () => {
    const phoneNumber = aPhoneNumber();
    const former = await signIn(phoneNumber);
    const job = await markAsDeleted(former, inAWeek());

    const { answer } = await verify(phoneNumber);

    expect(answer).toMatchObject({ status: 201, body: { isNewUser: true, user: { name: '' } } });
    expect(answer.body.user.id).not.toBe(former.user.id);
    const [erasure, ...others] = await admin.outbox.findMany({ where: job });
    expect(others).toEqual([]);
    expect(erasure!.availableAt.getTime()).toBeLessThan(Date.now() + 60_000);
  });

  test('with a PIN is replaced by a new account only with the PIN', async () => {
    const { me, phoneNumber } = await signUpWithPin();
    await markAsDeleted(me, inAWeek());

    const { answer, again } = await verify(phoneNumber);

    expect(problemOf(answer)).toMatchObject({ status: 403, code: 'pin_required' });
    expect(problemOf(await again(null))).toMatchObject({ code: 'pin_required' });
    expect(problemOf(await again('0000'))).toMatchObject({ code: 'pin_invalid' });
    expect((await again(rightPin)).status).toBe(201);
  });

  test('with a PIN is not replaced once its number is proven with another Firebase account', async () => {
    const { me, phoneNumber } = await signUpWithPin();
    await markAsDeleted(me, inAWeek());
    await changeUid(me);

    const { answer } = await verify(phoneNumber);

    expect(problemOf(answer)).toMatchObject({ code: 'pin_required', canStartAnew: true });
  });
});
