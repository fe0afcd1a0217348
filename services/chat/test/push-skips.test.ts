import { describe, expect, test } from '@jest/globals';
import { aBlock, aGroup, aUser } from '@taar/testing/factories';
import { until } from './devices.ts';
import { keepBeating, untilOnline } from './presence.ts';
import { startPushing } from './push.ts';

const { admin, fcm, friends, node, register, send, ways } = await startPushing({
  HEARTBEAT_MS: '400',
  PRESENCE_GRACE_MS: '200',
});

const soon = () => new Date(Date.now() + 60_000);
type Member = Parameters<typeof admin.chatMember.update>[0]['data'];
const setMember = (chatId: string, userId: string, data: Member) =>
  admin.chatMember.update({ where: { chatId_userId: { chatId, userId } }, data });

describe('T-P4 no push is sent, and why is recorded, to somebody who', () => {
  test.each<[string, string, (chatId: string, userId: string) => Promise<unknown>]>([
    [
      'muted the chat',
      'muted',
      (chatId, userId) => setMember(chatId, userId, { mutedUntil: soon() }),
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
  ])('%s', async (_what, error, prepare) => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    await prepare(chatId, biren.userId);

    const { id } = await send(asha, chatId);

    expect(await ways(id)).toEqual([{ userId: biren.userId, state: 'skipped', error }]);
    expect(fcm.calls(token)).toEqual([]);
  });

  test('has no device', async () => {
    const { asha, biren, chatId } = await friends();
    const { id } = await send(asha, chatId);
    expect(await ways(id)).toEqual([{ userId: biren.userId, state: 'skipped', error: 'no_token' }]);
  });

  test('blocked the sender, in a chat of two and in a group alike', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const { id: groupId } = await aGroup(admin, {
      owner: { id: asha.userId },
      members: [{ id: biren.userId }],
    });
    await aBlock(admin, { id: biren.userId }, { id: asha.userId });

    const swallowed = await send(asha, chatId);
    const seen = await send(asha, groupId);

    expect(await ways(seen.id)).toEqual([
      { userId: biren.userId, state: 'skipped', error: 'blocked' },
    ]);
    expect(await ways(swallowed.id)).toEqual([]);
    expect(fcm.calls(token)).toEqual([]);
  });

  test('looks at the chat', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const phone = await biren.connect();
    keepBeating(phone);
    await phone.ask('join_chat', { chatId });

    const { id } = await send(asha, chatId);

    expect(await ways(id)).toEqual([{ userId: biren.userId, state: 'skipped', error: 'viewing' }]);
    expect(fcm.calls(token)).toEqual([]);
  });

  test('has the message: the device in the foreground said so', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const phone = await biren.connect();
    keepBeating(phone);

    const { id } = await send(asha, chatId);
    await phone.next('message_received');
    await phone.ask('message_received', { chatId, upToSeq: 1 });

    expect(await ways(id)).toEqual([]);
    expect(fcm.calls(token)).toEqual([]);
  });
});

test('a phone that seems open and has not got the message is pushed to, though another one has it', async () => {
  const { asha, biren, chatId } = await friends();
  const other = node.as({ id: biren.userId });
  const [token, silentToken] = [await register(biren), await register(other, 'ios')];
  const [phone, silent] = [await biren.connect(), await other.connect()];
  for (const one of [phone, silent]) keepBeating(one);

  const { id } = await send(asha, chatId);
  await phone.next('message_received');
  await phone.ask('message_received', { chatId, upToSeq: 1 });

  expect((await fcm.next(silentToken)).data).toMatchObject({ messageId: id });
  expect(await ways(id)).toEqual([{ userId: biren.userId, state: 'accepted', error: null }]);
  expect(fcm.calls(token)).toEqual([]);
});

test('a mention pierces muting and archiving', async () => {
  const [owner, member, other] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  const { id: chatId } = await aGroup(admin, { owner, members: [member, other] });
  const [token, silent] = [await register(node.as(member)), await register(node.as(other))];
  for (const { id } of [member, other])
    await setMember(chatId, id, { mutedUntil: soon(), archivedAt: new Date() });

  const { id } = await send(node.as(owner), chatId, 'You there?', { mentions: [member.id] });

  expect((await fcm.next(token)).data).toMatchObject({ messageId: id });
  await ways(id);
  expect(fcm.calls(silent)).toEqual([]);
});

describe('a connected device', () => {
  test('that does not say that it has the message is pushed to after a while', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const phone = await biren.connect();
    keepBeating(phone);
    await until('the phone is known to be there', async () => {
      const { isOnline } = await admin.user.findUniqueOrThrow({ where: { id: biren.userId } });
      return isOnline;
    });

    const { id } = await send(asha, chatId);
    const looked = { topic: 'message.created', payload: { path: ['later'], equals: true } };
    await until('it was looked for', async () => (await admin.outbox.count({ where: looked })) > 0);
    phone.close();
    expect(fcm.calls(token)).toEqual([]);

    expect((await fcm.next(token)).data).toMatchObject({ messageId: id });
    expect(fcm.calls(token)).toHaveLength(1);
  });

  test('in the background is pushed to at once', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const phone = await biren.connect();
    await phone.ask('last_seen_update', { state: 'background' });

    const { id } = await send(asha, chatId);

    expect((await fcm.next(token)).data).toMatchObject({ messageId: id });
    await ways(id);
    expect(fcm.calls(token)).toHaveLength(1);
  });

  test('does not keep a push from another device of the same person', async () => {
    const { asha, biren, chatId } = await friends();
    const away = node.as({ id: biren.userId });
    const [here, there] = [await register(biren), await register(away)];
    const phone = await biren.connect();
    keepBeating(phone);
    await phone.ask('join_chat', { chatId });

    const { id } = await send(asha, chatId);

    expect((await fcm.next(there)).data).toMatchObject({ messageId: id });
    await ways(id);
    expect(fcm.calls(here)).toEqual([]);
  });

  test('that has the message does not keep a push from another one that is off', async () => {
    const { asha, biren, chatId } = await friends();
    const [here, there] = [
      await register(biren),
      await register(node.as({ id: biren.userId }), 'ios'),
    ];
    const phone = await biren.connect();
    keepBeating(phone);
    await untilOnline(admin, biren.userId);
    // It says so faster than anybody can ask.
    await phone.ask('message_received', { chatId, upToSeq: 1 });

    const { id } = await send(asha, chatId);

    expect((await fcm.next(there)).data).toMatchObject({ messageId: id });
    await ways(id);
    expect(fcm.calls(here)).toEqual([]);
  });
});
