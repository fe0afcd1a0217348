import { expect, test } from '@jest/globals';
import { createClient } from '@taar/client';
import { atEnd } from '@taar/testing/at-end';
import { aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { connectPhone } from '@taar/testing/phone';
import { aDevice, settled, until } from './devices.ts';
import { startChat } from './start.ts';

const { admin, as, keys, url } = await startChat();

const somebody = async () => as(await aUser(admin));
/** Long enough to connect on a busy machine. */
const leftSeconds = 5;
/** A token that ends soon. */
const ending = async (person: Person) => {
  const now = Math.floor(Date.now() / 1_000);
  return keys.signToken(await person.session(), { iat: now - 800, exp: now + leftSeconds });
};
const proofOf = async (person: Person, token: string) => {
  const { deviceId } = await person.session();
  return { token, deviceId, protocol: 1 };
};
const connect = async (person: Person, token: string) => {
  const phone = await connectPhone(url, await proofOf(person, token));
  atEnd(phone.close);
  await phone.next('authenticated');
  return phone;
};

test('a socket is told before its token ends, and closed with it, to come back', async () => {
  const person = await somebody();
  const phone = await connect(person, await ending(person));

  const { expiresAt } = await phone.next('auth_expiring');
  const left = Date.parse(expiresAt) - Date.now();

  expect(left).toBeLessThanOrEqual(leftSeconds * 1_000);
  expect(await phone.next('closing')).toEqual({ reason: 'token_expired', reconnect: true });
  expect(await phone.closed).toBe('transport close');
});

test('a socket that is given the next token in time outlives the first', async () => {
  const [renewing, idle] = [await somebody(), await somebody()];
  const phone = await connect(renewing, await ending(renewing));
  const other = await connect(idle, await ending(idle));
  const next = await proofOf(renewing, await renewing.token());

  expect(await phone.ask('authenticate', next)).toMatchObject({ ok: true });
  await other.closed;

  expect(await phone.ask('authenticate', next)).toMatchObject({ ok: true });
  expect(phone.seen('closing')).toEqual([]);
});

test('the client says that its session ended, be it connected or away', async () => {
  const person = await somebody();
  const { id } = await person.session();
  const reasons: string[] = [];
  const onEnded = (reason: string) => reasons.push(reason);

  await settled(await aDevice(url, person, { onEnded }));
  await admin.session.update({ where: { id }, data: { revokedAt: new Date() } });
  await until('the connected one says so', () => reasons.length === 1);
  await aDevice(url, person, { onEnded });
  await until('the one that was away says so', () => reasons.length === 2);

  expect(reasons).toEqual(['session_revoked', 'session_revoked']);
});

test('the client renews its token before it ends, and anew where it ended all the same', async () => {
  const person = await somebody();
  const { deviceId } = await person.session();
  const first = await ending(person);
  const asked: boolean[] = [];
  const client = createClient({
    url,
    deviceId,
    store: { load: async () => [], add: async () => {}, remove: async () => {} },
    token: async (renew) => {
      asked.push(renew);
      if (asked.length === 2) throw new Error('No network.');
      return asked.length > 2 ? person.token() : first;
    },
    reconnectMs: 20,
  });
  atEnd(client.stop);
  client.start();

  await until('it asked three times', () => asked.length >= 3);
  await until('it is back', client.isReady);

  expect(asked).toEqual([false, true, true]);
});

test('H60 F57 a socket whose session or account has ended is closed within seconds, unannounced', async () => {
  const now = new Date();
  const ends: ((person: Person) => Promise<unknown>)[] = [
    async (person) => {
      const { id } = await person.session();
      await admin.session.update({ where: { id }, data: { revokedAt: now } });
    },
    async (person) => {
      const { id } = await person.session();
      await admin.session.update({ where: { id }, data: { expiresAt: now } });
    },
    ({ userId }) => admin.userState.update({ where: { userId }, data: { suspendedAt: now } }),
    ({ userId }) => admin.userState.update({ where: { userId }, data: { deletedAt: now } }),
  ];
  const lasting = await (await somebody()).connect();
  const phones = await Promise.all(
    ends.map(async (end) => {
      const person = await somebody();
      const phone = await person.connect();
      await end(person);
      return phone;
    }),
  );

  for (const phone of phones) {
    expect(await phone.next('closing')).toEqual({ reason: 'session_revoked', reconnect: false });
    await phone.closed;
  }
  expect(lasting.seen('closing')).toEqual([]);
});
