import { describe, expect, test } from '@jest/globals';
import { aBlock, aGroup, aUser } from '@taar/testing/factories';
import { sendHeartbeats, untilOnline } from './presence.ts';
import { startChatWithPush } from './push.ts';
import { until } from './wait.ts';

const { admin, fcm, friends, node, register, send, pushResults } = await startChatWithPush({
  HEARTBEAT_MS: '400',
  PRESENCE_GRACE_MS: '200',
});

const inAMinute = () => new Date(Date.now() + 60_000);
type Member = Parameters<typeof admin.chatMember.update>[0]['data'];
const setMember = (chatId: string, userId: string, data: Member) =>
  admin.chatMember.update({ where: { chatId_userId: { chatId, userId } }, data });

describe('a suppressed push', () => {
  test.each<[string, string, (chatId: string, userId: string) => Promise<unknown>]>([
    [
      'muted the chat',
      'muted',
      (chatId, userId) => setMember(chatId, userId, { mutedUntil: inAMinute() }),
    ],
    [
      'archived the chat',
      'archived',
      (chatId, userId) => setMember(chatId, userId, { archivedAt: new Date() }),
    ],
    [
      'signed out of push',
      'no_token',
      (_chatId, userId) =>
        admin.session.updateMany({ where: { userId }, data: { pushToken: null } }),
    ],
  ])(
    'a recipient who %s gets no push, and the reason is recorded',
    async (_case, error, prepare) => {
      const { asha, biren, chatId } = await friends();
      const token = await register(biren);
      await prepare(chatId, biren.userId);

      const { id } = await send(asha, chatId);

      expect(await pushResults(id)).toEqual([{ userId: biren.userId, state: 'skipped', error }]);
      expect(fcm.calls(token)).toEqual([]);
    },
  );

  test('a recipient without a device gets no push, and the reason is recorded', async () => {
    const { asha, biren, chatId } = await friends();
    const { id } = await send(asha, chatId);
    expect(await pushResults(id)).toEqual([
      { userId: biren.userId, state: 'skipped', error: 'no_token' },
    ]);
  });

  test('a recipient who blocked the sender gets no push, in a direct chat or a group', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const { id: groupId } = await aGroup(admin, {
      owner: { id: asha.userId },
      members: [{ id: biren.userId }],
    });
    await aBlock(admin, { id: biren.userId }, { id: asha.userId });

    const withheld = await send(asha, chatId);
    const visible = await send(asha, groupId);

    expect(await pushResults(visible.id)).toEqual([
      { userId: biren.userId, state: 'skipped', error: 'blocked' },
    ]);
    expect(await pushResults(withheld.id)).toEqual([]);
    expect(fcm.calls(token)).toEqual([]);
  });

  test('a device that views the chat gets no push', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const phone = await biren.connect();
    sendHeartbeats(phone);
    await phone.ask('join_chat', { chatId });

    const { id } = await send(asha, chatId);

    expect(await pushResults(id)).toEqual([
      { userId: biren.userId, state: 'skipped', error: 'viewing' },
    ]);
    expect(fcm.calls(token)).toEqual([]);
  });

  test('a device in the foreground that has the message gets no push', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const phone = await biren.connect();
    sendHeartbeats(phone);

    const { id } = await send(asha, chatId);
    await phone.next('message_received');
    await phone.ask('message_received', { chatId, upToSeq: 1 });

    expect(await pushResults(id)).toEqual([]);
    expect(fcm.calls(token)).toEqual([]);
  });
});

test('a foreground device without the message gets a push though another has it', async () => {
  const { asha, biren, chatId } = await friends();
  const other = node.as({ id: biren.userId });
  const [token, otherToken] = [await register(biren), await register(other, 'ios')];
  const [phone, otherPhone] = [await biren.connect(), await other.connect()];
  for (const connected of [phone, otherPhone]) sendHeartbeats(connected);

  const { id } = await send(asha, chatId);
  await phone.next('message_received');
  await phone.ask('message_received', { chatId, upToSeq: 1 });

  expect((await fcm.next(otherToken)).data).toMatchObject({ messageId: id });
  expect(await pushResults(id)).toEqual([{ userId: biren.userId, state: 'accepted', error: null }]);
  expect(fcm.calls(token)).toEqual([]);
});

test('a mention is pushed in a muted and archived chat', async () => {
  const [owner, member, other] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  const { id: chatId } = await aGroup(admin, { owner, members: [member, other] });
  const [token, otherToken] = [await register(node.as(member)), await register(node.as(other))];
  for (const { id } of [member, other])
    await setMember(chatId, id, { mutedUntil: inAMinute(), archivedAt: new Date() });

  const { id } = await send(node.as(owner), chatId, 'You there?', { mentions: [member.id] });

  expect((await fcm.next(token)).data).toMatchObject({ messageId: id });
  await pushResults(id);
  expect(fcm.calls(otherToken)).toEqual([]);
});

describe('a connected device', () => {
  test('a device that does not confirm the message gets a push later', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const phone = await biren.connect();
    sendHeartbeats(phone);
    await untilOnline(admin, biren.userId);

    const { id } = await send(asha, chatId);
    const secondLook = { topic: 'message.created', payload: { path: ['later'], equals: true } };
    await until(
      'the second look is planned',
      async () => (await admin.outbox.count({ where: secondLook })) > 0,
    );
    phone.close();
    expect(fcm.calls(token)).toEqual([]);

    expect((await fcm.next(token)).data).toMatchObject({ messageId: id });
    expect(fcm.calls(token)).toHaveLength(1);
  });

  test('a device in the background gets a push at once', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const phone = await biren.connect();
    await phone.ask('last_seen_update', { state: 'background' });

    const { id } = await send(asha, chatId);

    expect((await fcm.next(token)).data).toMatchObject({ messageId: id });
    await pushResults(id);
    expect(fcm.calls(token)).toHaveLength(1);
  });

  test('a device that views the chat suppresses no push to another device', async () => {
    const { asha, biren, chatId } = await friends();
    const otherDevice = node.as({ id: biren.userId });
    const [viewingToken, otherToken] = [await register(biren), await register(otherDevice)];
    const phone = await biren.connect();
    sendHeartbeats(phone);
    await phone.ask('join_chat', { chatId });

    const { id } = await send(asha, chatId);

    expect((await fcm.next(otherToken)).data).toMatchObject({ messageId: id });
    await pushResults(id);
    expect(fcm.calls(viewingToken)).toEqual([]);
  });

  test('a device that has the message suppresses no push to another device', async () => {
    const { asha, biren, chatId } = await friends();
    const [viewingToken, otherToken] = [
      await register(biren),
      await register(node.as({ id: biren.userId }), 'ios'),
    ];
    const phone = await biren.connect();
    sendHeartbeats(phone);
    await untilOnline(admin, biren.userId);
    // The report arrives before the push worker looks.
    await phone.ask('message_received', { chatId, upToSeq: 1 });

    const { id } = await send(asha, chatId);

    expect((await fcm.next(otherToken)).data).toMatchObject({ messageId: id });
    await pushResults(id);
    expect(fcm.calls(viewingToken)).toEqual([]);
  });
});
