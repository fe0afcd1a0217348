import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aContact, aDirectChat, aUser } from '@taar/testing/factories';
import { startOwnRedis } from '@taar/testing/redis';
import { hurried, isOnline, keepBeating, untilOnline } from './presence.ts';
import { startProcess } from './processes.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const { admin } = chat;
const settings = hurried();
const node = await chat.startNode(settings);

/** Two friends, of whom the first is online and watches. */
const watching = async (at = node, db = admin) => {
  const [asha, biren] = await Promise.all([aUser(db), aUser(db)]);
  const { id: chatId } = await aDirectChat(db, asha, biren);
  const watcher = await at.as(asha).connect();
  keepBeating(watcher);
  await untilOnline(db, asha.id);
  return { asha, biren, chatId, watcher };
};

describe('online', () => {
  test('is told to the peer of a direct chat and to whoever has the person as a contact', async () => {
    const { biren, watcher } = await watching();
    const owner = await aUser(admin);
    await aContact(admin, owner, biren);
    const other = await node.as(owner).connect();
    keepBeating(other);
    await untilOnline(admin, owner.id);

    await node.as(biren).connect();

    expect(await watcher.next('user_online')).toMatchObject({ userId: biren.id });
    expect(await other.next('user_online')).toMatchObject({ userId: biren.id });
  });

  test('T-N2 of two devices one closes: still online until the other closes too', async () => {
    const { asha, biren, chatId, watcher } = await watching();
    const [phone, tablet] = await Promise.all([node.as(biren).connect(), node.as(biren).connect()]);
    await watcher.next('user_online');
    keepBeating(tablet);

    phone.close();
    await tablet.ask('last_seen_update', { state: 'active' });
    const { body } = await node.as(asha).call(chatRest.getChat, { chatId });
    tablet.close();
    const closedAt = Date.now();
    const { lastSeen } = await watcher.next('user_offline');

    expect(body.peer?.presence).toMatchObject({ online: true });
    expect(Math.abs(Date.parse(lastSeen!) - closedAt)).toBeLessThan(1_000);
    expect(watcher.seen('user_offline')).toHaveLength(1);
    expect(watcher.seen('user_online')).toHaveLength(1);
  });

  test('a heartbeat that is handled when its socket is gone already brings nobody back', async () => {
    const other = await startChat();
    const patient = await other.startNode({ ...hurried(), HEARTBEAT_MS: '20000' });
    const { biren, watcher } = await watching(patient, other.admin);
    const phone = await patient.as(biren).connect();
    await watcher.next('user_online');

    phone.socket.emit('last_seen_update', { state: 'active' }, () => undefined);
    phone.close();

    // Its lease would hold for a minute.
    expect(await watcher.next('user_offline')).toMatchObject({ userId: biren.id });
  });

  test('T-N3 a connection that flaps ten times is told at most once', async () => {
    const { biren, watcher } = await watching();
    const patient = await chat.startNode({ ...settings, PRESENCE_GRACE_MS: '3000' });
    const person = patient.as(biren);

    for (let i = 0; i < 10; i++) (await person.connect()).close();
    await untilOnline(admin, biren.id);
    await watcher.next('user_offline');

    expect(watcher.seen('user_online')).toHaveLength(1);
    expect(watcher.seen('user_offline')).toHaveLength(1);
  });

  test('an app in the background is not online, and is again in the foreground', async () => {
    const { biren, watcher } = await watching();
    const phone = await node.as(biren).connect();
    await watcher.next('user_online');

    await phone.ask('last_seen_update', { state: 'background' });
    await watcher.next('user_offline');
    await phone.ask('last_seen_update', { state: 'active' });

    expect(await watcher.next('user_online')).toMatchObject({ userId: biren.id });
  });

  test('an app that connects in the background never came online', async () => {
    const { asha, biren, watcher } = await watching();
    const person = node.as(biren);
    const { deviceId } = await person.session();
    const auth = { token: await person.token(), deviceId, protocol: 1, state: 'background' };

    const phone = await person.connect({ auth });
    await phone.ask('last_seen_update', { state: 'background' });

    await untilOnline(admin, asha.id);
    expect(await isOnline(admin, biren.id)).toBe(false);
    expect(watcher.seen('user_online')).toEqual([]);
  });
});

test('T-N1 a node is killed: its users go offline, those of other nodes stay', async () => {
  const { asha, biren, watcher } = await watching();
  const doomed = await startProcess({ ...chat.env, ...settings });
  const phone = await chat.at(doomed.url)(biren).connect();
  keepBeating(phone);
  await watcher.next('user_online');

  await doomed.end('SIGKILL');
  const killedAt = Date.now();
  const { lastSeen } = await watcher.next('user_offline', ({ userId }) => userId === biren.id);

  expect(Date.now() - killedAt).toBeLessThan(2_500);
  expect(Date.parse(lastSeen!)).toBeLessThan(killedAt + 1_000);
  expect(await isOnline(admin, biren.id)).toBe(false);
  expect(await isOnline(admin, asha.id)).toBe(true);
});

test('F11 Redis comes back empty: who is there is online again, who left meanwhile is not', async () => {
  const redis = await startOwnRedis();
  // On a database of its own: two Redis would disagree about who is online in it.
  const other = await startChat();
  const own = await other.startNode({ ...hurried(), REDIS_URL: redis.url });
  const { asha, biren, watcher } = await watching(own, other.admin);
  const phone = await own.as(biren).connect();
  await watcher.next('user_online');

  await redis.kill();
  phone.close();
  await redis.restart();
  const { userId } = await watcher.next('user_offline');

  expect(userId).toBe(biren.id);
  expect(await isOnline(other.admin, asha.id)).toBe(true);
  expect(watcher.seen('user_online')).toHaveLength(1);
});
