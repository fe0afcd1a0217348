import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aContact, aDirectChat, aUser } from '@taar/testing/factories';
import { startOwnRedis } from '@taar/testing/redis';
import { isOnline, sendHeartbeats, shortLeases, untilOnline } from './presence.ts';
import { startProcess } from './processes.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const { admin } = chat;
const settings = shortLeases();
const node = await chat.startNode(settings);

/** Two people of a direct chat; the first one is online and receives presence events. */
const withWatcher = async (at = node, db = admin) => {
  const [asha, biren] = await Promise.all([aUser(db), aUser(db)]);
  const { id: chatId } = await aDirectChat(db, asha, biren);
  const watcher = await at.as(asha).connect();
  sendHeartbeats(watcher);
  await untilOnline(db, asha.id);
  return { asha, biren, chatId, watcher };
};

describe('presence', () => {
  test('peers and users who have them as a contact see a user come online', async () => {
    const { biren, watcher } = await withWatcher();
    const contactOwner = await aUser(admin);
    await aContact(admin, contactOwner, biren);
    const otherWatcher = await node.as(contactOwner).connect();
    sendHeartbeats(otherWatcher);
    await untilOnline(admin, contactOwner.id);

    await node.as(biren).connect();

    expect(await watcher.next('user_online')).toMatchObject({ userId: biren.id });
    expect(await otherWatcher.next('user_online')).toMatchObject({ userId: biren.id });
  });

  test('a user with two devices stays online until both are closed', async () => {
    const { asha, biren, chatId, watcher } = await withWatcher();
    const [phone, tablet] = await Promise.all([node.as(biren).connect(), node.as(biren).connect()]);
    await watcher.next('user_online');
    sendHeartbeats(tablet);

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

  test('a heartbeat processed after its socket closed brings no user online', async () => {
    const other = await startChat();
    const slowNode = await other.startNode({ ...shortLeases(), HEARTBEAT_MS: '20000' });
    const { biren, watcher } = await withWatcher(slowNode, other.admin);
    const phone = await slowNode.as(biren).connect();
    await watcher.next('user_online');

    phone.socket.emit('last_seen_update', { state: 'active' }, () => undefined);
    phone.close();

    // A renewed lease would hold for a minute.
    expect(await watcher.next('user_offline')).toMatchObject({ userId: biren.id });
  });

  test('a connection that flaps ten times is emitted as online and offline once', async () => {
    const { biren, watcher } = await withWatcher();
    const slowNode = await chat.startNode({ ...settings, PRESENCE_GRACE_MS: '3000' });
    const person = slowNode.as(biren);

    for (let i = 0; i < 10; i++) (await person.connect()).close();
    await untilOnline(admin, biren.id);
    await watcher.next('user_offline');

    expect(watcher.seen('user_online')).toHaveLength(1);
    expect(watcher.seen('user_offline')).toHaveLength(1);
  });

  test('a user is offline while the app is in the background, and online again after', async () => {
    const { biren, watcher } = await withWatcher();
    const phone = await node.as(biren).connect();
    await watcher.next('user_online');

    await phone.ask('last_seen_update', { state: 'background' });
    await watcher.next('user_offline');
    await phone.ask('last_seen_update', { state: 'active' });

    expect(await watcher.next('user_online')).toMatchObject({ userId: biren.id });
  });

  test('a user whose app connects in the background stays offline', async () => {
    const { asha, biren, watcher } = await withWatcher();
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

test('users of a killed node go offline, and users of other nodes stay online', async () => {
  const { asha, biren, watcher } = await withWatcher();
  const killable = await startProcess({ ...chat.env, ...settings });
  const phone = await chat.at(killable.url)(biren).connect();
  sendHeartbeats(phone);
  await watcher.next('user_online');

  await killable.end('SIGKILL');
  const killedAt = Date.now();
  const { lastSeen } = await watcher.next('user_offline', ({ userId }) => userId === biren.id);

  expect(Date.now() - killedAt).toBeLessThan(2_500);
  expect(Date.parse(lastSeen!)).toBeLessThan(killedAt + 1_000);
  expect(await isOnline(admin, biren.id)).toBe(false);
  expect(await isOnline(admin, asha.id)).toBe(true);
});

test('after Redis was emptied connected users are online and gone users are not', async () => {
  const redis = await startOwnRedis();
  // A database of its own, as two Redis would disagree about who is online.
  const other = await startChat();
  const own = await other.startNode({ ...shortLeases(), REDIS_URL: redis.url });
  const { asha, biren, watcher } = await withWatcher(own, other.admin);
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
