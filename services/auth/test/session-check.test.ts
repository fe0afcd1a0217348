import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { createDb, databaseError, services } from '@taar/db';
import { announceSessions, followSessions } from '@taar/runtime/sessions/announce-end';
import { createSessionCheck } from '@taar/runtime/sessions/session-check';
import { createLogger } from '@taar/kit/logger';
import { createRedis, createSubscriber } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { freshDatabase } from '@taar/testing/database';
import { aSession, aUser } from '@taar/testing/factories';
import { freshRedis } from '@taar/testing/redis';

const { admin, urls } = await freshDatabase();
const { url: redisUrl, prefix } = freshRedis();
const logger = createLogger('test', 'error');

const open = (url: string) => {
  // Generous, because a busy machine can take long to connect.
  const db = createDb(url, { max: 2, connectTimeoutMs: 20_000 });
  atEnd(() => db.$disconnect());
  return createSessionCheck(db);
};
type Row = Awaited<ReturnType<typeof aSession>>;
const claimsOf = ({ id, userId, deviceId }: Row, gen = 1) => {
  const iat = Math.floor(Date.now() / 1_000);
  return { sub: userId, sid: id, did: deviceId, gen, iat, exp: iat + 900 };
};
const aPerson = async (fields = {}) => aSession(admin, await aUser(admin), fields);
const revoke = ({ id }: Row) =>
  admin.session.update({ where: { id }, data: { revokedAt: new Date(), revokeReason: 'logout' } });
const revoked = { code: 'session_revoked', extras: { action: 'logout' } };

describe('assertSession', () => {
  test.each([...services])(
    'records the first use of a generation in the role of %s',
    async (service) => {
      const session = await aPerson({ generation: 3, usedGen: 1 });
      const check = open(urls[service]);

      await Promise.all(Array.from({ length: 5 }, () => check(claimsOf(session, 3))));
      await check(claimsOf(session, 2));

      const { usedGen } = await admin.session.findUniqueOrThrow({ where: { id: session.id } });
      expect(usedGen).toBe(3);
    },
  );

  test('caches a session until it is invalidated', async () => {
    const session = await aPerson();
    const check = open(urls.status);
    await check(claimsOf(session));
    await revoke(session);

    await check(claimsOf(session));
    check.invalidate(session.id);

    await expect(check(claimsOf(session))).rejects.toMatchObject(revoked);
  });

  test('reads a session again when its end is announced', async () => {
    const session = await aPerson();
    const check = open(urls.chat);
    const subscriber = createSubscriber(redisUrl, logger);
    const redis = createRedis(redisUrl, logger);
    atEnd(() => [subscriber.disconnect(), redis.disconnect()]);
    followSessions(subscriber, prefix, check, logger);
    await Promise.all([once(subscriber, 'ready'), once(redis, 'ready')]);
    await subscriber.ping();
    await check(claimsOf(session));
    await revoke(session);

    const announced = once(subscriber, 'message');
    announceSessions(redis, prefix, [session.id], logger);
    await announced;

    await expect(check(claimsOf(session))).rejects.toMatchObject(revoked);
  });

  test('reads sessions again after an outage of Redis, during which announcements were lost', async () => {
    const session = await aPerson();
    const check = open(urls.user);
    const subscriber = createSubscriber(redisUrl, logger);
    atEnd(() => subscriber.disconnect());
    followSessions(subscriber, prefix, check, logger);
    await once(subscriber, 'ready');
    await check(claimsOf(session));
    await revoke(session);

    const back = once(subscriber, 'ready');
    subscriber.disconnect(true);
    await back;

    await expect(check(claimsOf(session))).rejects.toMatchObject(revoked);
  });

  test('rejects every session while the database is away', async () => {
    const check = open('postgresql://nobody@127.0.0.1:1/nothing');

    const refused = await check(claimsOf(await aPerson())).catch((error: unknown) => error);

    expect(databaseError(refused)?.kind).toBe('unavailable');
  });

  test('rejects a session of another user, an expired one and an unknown one', async () => {
    const [session, expired] = [await aPerson(), await aPerson({ expiresAt: new Date(0) })];
    const check = open(urls.media);

    for (const claims of [
      { ...claimsOf(session), sub: expired.userId },
      { ...claimsOf(session), sid: session.userId },
      claimsOf(expired),
    ])
      await expect(check(claims)).rejects.toMatchObject({ code: 'session_revoked' });
  });
});
