import { expect, test } from '@jest/globals';
import { createClient } from '@taar/client';
import { atEnd } from '@taar/testing/at-end';
import { aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { connectPhone } from '@taar/testing/phone';
import { aDevice, untilSynced } from './devices.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const { admin, as, keys, url } = await startChat();

// The tests run concurrently, as each of them waits for seconds.

const aPerson = async () => as(await aUser(admin));
/** Leaves time to connect on a busy machine. */
const leftSeconds = 5;
/** A token that expires soon. */
const expiringToken = async (person: Person) => {
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

test.concurrent('a socket is warned before its token expires, is closed then, and may reconnect', async () => {
  const person = await aPerson();
  const phone = await connect(person, await expiringToken(person));

  const { expiresAt } = await phone.next('auth_expiring');
  const leftMs = Date.parse(expiresAt) - Date.now();

  expect(leftMs).toBeLessThanOrEqual(leftSeconds * 1_000);
  expect(await phone.next('closing')).toEqual({ reason: 'token_expired', reconnect: true });
  expect(await phone.closed).toBe('transport close');
});

test.concurrent('a socket that authenticates again in time outlives its first token', async () => {
  const [renewing, idle] = [await aPerson(), await aPerson()];
  const phone = await connect(renewing, await expiringToken(renewing));
  const idlePhone = await connect(idle, await expiringToken(idle));
  const next = await proofOf(renewing, await renewing.token());

  expect(await phone.ask('authenticate', next)).toMatchObject({ ok: true });
  await idlePhone.closed;

  expect(await phone.ask('authenticate', next)).toMatchObject({ ok: true });
  expect(phone.seen('closing')).toEqual([]);
});

test.concurrent('the client reports the end of its session, connected or offline', async () => {
  const person = await aPerson();
  const { id } = await person.session();
  const reasons: string[] = [];
  const onEnded = (reason: string) => reasons.push(reason);

  await untilSynced(await aDevice(url, person, { onEnded }));
  await admin.session.update({ where: { id }, data: { revokedAt: new Date() } });
  await until('the connected client reports it', () => reasons.length === 1);
  await aDevice(url, person, { onEnded });
  await until('the client that was offline reports it', () => reasons.length === 2);

  expect(reasons).toEqual(['session_revoked', 'session_revoked']);
});

test.concurrent('the client renews its token before it expires, and again if the renewal failed', async () => {
  const person = await aPerson();
  const { deviceId } = await person.session();
  const first = await expiringToken(person);
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

  await until('the client asked for a third token', () => asked.length >= 3);
  await until('the client is connected', client.isReady);

  expect(asked).toEqual([false, true, true]);
});

test.concurrent('a socket is closed within seconds after its session or account ended', async () => {
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
  const lasting = await (await aPerson()).connect();
  const phones = await Promise.all(
    ends.map(async (end) => {
      const person = await aPerson();
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
