import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aContact, aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import { startPushing } from './push.ts';

const { admin, fcm, friends, node, register, send, ways } = await startPushing();

describe('a message to somebody who is not connected', () => {
  test('wakes their devices, with what is needed to fetch and to show it', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const tablet = node.as({ id: biren.userId });
    const other = await register(tablet, 'ios');
    const own = await register(asha);

    const message = await send(asha, chatId);
    const [android, ios] = await Promise.all([fcm.next(token), fcm.next(other)]);

    const { name } = await admin.user.findUniqueOrThrow({ where: { id: asha.userId } });
    const data = {
      type: 'message',
      chatId,
      messageId: message.id,
      seq: '1',
      changeSeq: '1',
      badge: '1',
    };
    expect(android).toMatchObject({
      data,
      notification: { title: name, body: 'Kemon aso?' },
      android: { collapse_key: chatId, priority: 'high', ttl: '2419200s' },
    });
    expect(ios).toMatchObject({
      data,
      apns: {
        headers: { 'apns-collapse-id': chatId, 'apns-priority': '10', 'apns-push-type': 'alert' },
        payload: { aps: { badge: 1, 'mutable-content': 1, 'thread-id': chatId } },
      },
    });
    expect(await ways(message.id)).toEqual([
      { userId: biren.userId, state: 'accepted', error: null },
      { userId: biren.userId, state: 'accepted', error: null },
    ]);
    expect(fcm.calls(own)).toEqual([]);
  });

  test('counts the badge anew each time, over all chats', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);

    await send(asha, chatId);
    await fcm.next(token);
    await send(asha, chatId);

    expect((await fcm.next(token)).data).toMatchObject({ badge: '2', seq: '2' });
  });

  test('counts a chat marked as unread as one, and neither muted nor archived ones', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const set = async (my: object) => {
      const other = await aDirectChat(admin, { id: biren.userId }, await aUser(admin));
      await biren.call(chatRest.updateChat, { chatId: other.id, my });
    };
    await set({ markedUnread: true });
    await set({ markedUnread: true, mutedUntil: 'forever' });
    await set({ markedUnread: true, archived: true });

    await send(asha, chatId);

    expect((await fcm.next(token)).data).toMatchObject({ badge: '2' });
  });

  test('counts for each of those who are pushed to together', async () => {
    const [owner, busy, idle] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
    const { id } = await aGroup(admin, { owner, members: [busy, idle] });
    const other = await aDirectChat(admin, busy, owner);
    await send(node.as(owner), other.id);
    const tokens = await Promise.all([busy, idle].map((one) => register(node.as(one))));

    await send(node.as(owner), id);

    const pushes = await Promise.all(tokens.map((token) => fcm.next(token)));
    expect(pushes.map(({ data }) => data?.['badge'])).toEqual(['2', '1']);
  });

  test('in a group is titled with the group, under the name the recipient gave the sender', async () => {
    const [owner, member] = await Promise.all([aUser(admin), aUser(admin)]);
    const group = await aGroup(admin, { owner, members: [member] }, { name: 'Adda' });
    await aContact(admin, member, owner, { name: 'Boro Didi' });
    const token = await register(node.as(member));

    await send(node.as(owner), group.id, 'Cha?');

    expect((await fcm.next(token)).notification).toEqual({
      title: 'Adda',
      body: 'Boro Didi: Cha?',
    });
  });

  test.each([
    ['sender', 'bn-IN', 'নতুন বার্তা', 'name'],
    ['none', 'hi', 'नया संदेश', 'Taar'],
    ['none', 'xx', 'New message', 'Taar'],
  ])('says only as much as the preview %s allows, in %s', async (preview, locale, body, title) => {
    const { asha, biren, chatId } = await friends();
    await admin.userSettings.create({ data: { userId: biren.userId, notifPreview: preview } });
    const token = await register(biren, 'android', { locale });

    await send(asha, chatId, 'a secret');

    const push = await fcm.next(token);
    const { name } = await admin.user.findUniqueOrThrow({ where: { id: asha.userId } });
    expect(push.notification).toEqual({ title: title === 'name' ? name : title, body });
    expect(JSON.stringify(push)).not.toContain('a secret');
  });
});

test('somebody whom an edit mentions now is notified, who had it before is not', async () => {
  const [owner, one, two] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  const { id: chatId } = await aGroup(admin, { owner, members: [one, two] });
  const [first, second] = [await register(node.as(one)), await register(node.as(two))];
  const { id: messageId } = await send(node.as(owner), chatId);
  await Promise.all([fcm.next(first), fcm.next(second)]);

  await node.as(owner).call(chatRest.editMessage, {
    chatId,
    messageId,
    content: 'Kemon aso, tumi?',
    mentions: [two.id],
  });

  expect(await fcm.next(second)).toMatchObject({
    data: { messageId },
    notification: { body: expect.stringContaining('tumi') },
  });
  expect(fcm.pushes(first)).toHaveLength(1);
});
