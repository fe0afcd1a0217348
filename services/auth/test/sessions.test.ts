import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createLogger } from '@taar/kit/logger';
import { eventsChannel, readEnvelope } from '@taar/kit/publish';
import { createSubscriber } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/call';
import { aPhoneNumber } from '@taar/testing/factories';
import { type SignedIn, aDevice, problemOf, startAuth, until } from './start.ts';

const { call, admin, redis, sendOtp, signIn, holding, startNode, pushesTo } = await startAuth();

const list = (who: SignedIn) => holding(who)(authRest.listSessions, {});

/** Payloads of the events `session_added` to a user, as chat receives them. */
const followAddedSessions = async (userId: string) => {
  const subscriber = createSubscriber(redis.url, createLogger('test', 'error'));
  atEnd(() => subscriber.disconnect());
  await subscriber.subscribe(eventsChannel(redis.prefix));
  const added: unknown[] = [];
  subscriber.on('message', (_channel: string, text: string) => {
    const { event, audience, payload } = readEnvelope(text)!;
    if (event === 'session_added' && 'users' in audience && audience.users.includes(userId))
      added.push(payload);
  });
  return added;
};

describe('sessions of one account', () => {
  test('announce a new one once to the other devices, before it can read anything', async () => {
    const phoneNumber = aPhoneNumber();
    const mine = await signIn(phoneNumber, aDevice({ pushToken: `push-${randomUUID()}` }));
    const added = await followAddedSessions(mine.user.id);
    const device = aDevice({ platform: 'web', model: 'Call +919800000000', pushToken: 'own' });
    const sent = await sendOtp(phoneNumber, device);
    const [first] = [
      await call(authRest.login, { ...sent, device }),
      await call(authRest.login, { ...sent, device }),
    ];

    const { id } = first.body.session;
    const push = { kind: 'session_added', addedId: id, platform: 'web' };
    expect(await pushesTo(mine.session.id)).toEqual([{ ...push, sessionId: mine.session.id }]);
    await until(async () => added.length > 0);
    expect(added).toMatchObject([{ sessionId: id, platform: 'web' }]);
    expect(await admin.outbox.count({ where: { key: id } })).toBe(0);
  });

  test('do not announce a failed sign-in', async () => {
    const node = await startNode({ DEVICE_LIMIT: 'refuse', MAX_DEVICES: '1' });
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    const mine = await signIn(phoneNumber, aDevice({ pushToken: `push-${randomUUID()}` }));
    const sent = await sendOtp(phoneNumber, device);

    await createCall(node.url)(authRest.login, { ...sent, device });

    expect(await pushesTo(mine.session.id)).toEqual([]);
  });

  test('are listed by last use, with the current one marked', async () => {
    const phoneNumber = aPhoneNumber();
    const first = await signIn(phoneNumber, aDevice({ model: 'Nokia' }));
    const second = await signIn(phoneNumber, aDevice({ platform: 'ios' }));

    const { items, nextCursor } = (await list(second)).body;

    expect(nextCursor).toBeNull();
    expect(items.map(({ id, current }) => [id, current])).toEqual([
      [second.session.id, true],
      [first.session.id, false],
    ]);
    expect(items[1]).toMatchObject({ model: 'Nokia', platform: 'android' });
  });

  test('end when their device signs in again', async () => {
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    const former = await signIn(phoneNumber, device);
    const present = await signIn(phoneNumber, device);

    expect((await list(present)).body.items).toHaveLength(1);
    expect(problemOf(await list(former))).toMatchObject({ code: 'session_revoked' });
  });

  test('end after six others, the longest idle one first', async () => {
    const phoneNumber = aPhoneNumber();
    const phones: SignedIn[] = [];
    for (let i = 0; i < 7; i++) phones.push(await signIn(phoneNumber));

    const { items } = (await list(phones[6]!)).body;

    expect(items).toHaveLength(6);
    expect(problemOf(await list(phones[0]!))).toMatchObject({ code: 'session_revoked' });
  });

  test('are refused beyond the limit of devices where the deployment is configured so', async () => {
    const node = await startNode({ DEVICE_LIMIT: 'refuse', MAX_DEVICES: '1' });
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    await signIn(phoneNumber);
    const sent = await sendOtp(phoneNumber, device);

    const refused = await createCall(node.url)(authRest.verifyOtp, { ...sent, device });

    expect(problemOf(refused)).toMatchObject({ status: 409, code: 'conflict' });
  });
});
