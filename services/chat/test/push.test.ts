import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aContact, aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import { startChatWithPush } from './push.ts';

const { admin, fcm, friends, node, register, send, pushResults } = await startChatWithPush();

describe('a message to a user who is not connected', () => {
  test('each device gets a push with the data to fetch and to show the message', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const tablet = node.as({ id: biren.userId });
    const tabletToken = await register(tablet, 'ios');
    const sendersToken = await register(asha);

    const message = await send(asha, chatId);
    const [android, ios] = await Promise.all([fcm.next(token), fcm.next(tabletToken)]);

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
    expect(await pushResults(message.id)).toEqual([
      { userId: biren.userId, state: 'accepted', error: null },
      { userId: biren.userId, state: 'accepted', error: null },
    ]);
    expect(fcm.calls(sendersToken)).toEqual([]);
  });

  test('each push carries the current badge', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);

    await send(asha, chatId);
    await fcm.next(token);
    await send(asha, chatId);

    expect((await fcm.next(token)).data).toMatchObject({ badge: '2', seq: '2' });
  });

  test('the badge counts a chat marked as unread, and no muted or archived chat', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const aChatWith = async (my: object) => {
      const other = await aDirectChat(admin, { id: biren.userId }, await aUser(admin));
      await biren.call(chatRest.updateChat, { chatId: other.id, my });
    };
    await aChatWith({ markedUnread: true });
    await aChatWith({ markedUnread: true, mutedUntil: 'forever' });
    await aChatWith({ markedUnread: true, archived: true });

    await send(asha, chatId);

    expect((await fcm.next(token)).data).toMatchObject({ badge: '2' });
  });

  test('each recipient of a message gets a badge of their own', async () => {
    const [owner, busy, idle] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
    const { id } = await aGroup(admin, { owner, members: [busy, idle] });
    const other = await aDirectChat(admin, busy, owner);
    await send(node.as(owner), other.id);
    const tokens = await Promise.all([busy, idle].map((user) => register(node.as(user))));

    await send(node.as(owner), id);

    const pushes = await Promise.all(tokens.map((token) => fcm.next(token)));
    expect(pushes.map(({ data }) => data?.['badge'])).toEqual(['2', '1']);
  });

  test('a push of a group shows the group and the recipient’s name for the sender', async () => {
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
  ])(
    'a push shows as much as the preview setting %s allows, in the language %s',
    async (preview, locale, body, title) => {
      const { asha, biren, chatId } = await friends();
      await admin.userSettings.create({ data: { userId: biren.userId, notifPreview: preview } });
      const token = await register(biren, 'android', { locale });

      await send(asha, chatId, 'a secret');

      const push = await fcm.next(token);
      const { name } = await admin.user.findUniqueOrThrow({ where: { id: asha.userId } });
      expect(push.notification).toEqual({ title: title === 'name' ? name : title, body });
      expect(JSON.stringify(push)).not.toContain('a secret');
    },
  );
});

test('an edit notifies members it newly mentions, and no one else', async () => {
  const [owner, bystander, mentioned] = await Promise.all([
    aUser(admin),
    aUser(admin),
    aUser(admin),
  ]);
  const { id: chatId } = await aGroup(admin, { owner, members: [bystander, mentioned] });
  const [first, second] = [await register(node.as(bystander)), await register(node.as(mentioned))];
  const { id: messageId } = await send(node.as(owner), chatId);
  await Promise.all([fcm.next(first), fcm.next(second)]);

  await node.as(owner).call(chatRest.editMessage, {
    chatId,
    messageId,
    content: 'Kemon aso, tumi?',
    mentions: [mentioned.id],
  });

  expect(await fcm.next(second)).toMatchObject({
    data: { messageId },
    notification: { body: expect.stringContaining('tumi') },
  });
  expect(fcm.pushes(first)).toHaveLength(1);
});
