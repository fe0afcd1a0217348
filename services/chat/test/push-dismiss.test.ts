import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { until } from './devices.ts';
import { keepBeating, untilOnline } from './presence.ts';
import { startProcess } from './processes.ts';
import { startPushing } from './push.ts';

const push = await startPushing();
const { admin, fcm, friends, node, register, send, ways } = push;

/** Readings of this chat that are not worked yet. */
const waiting = (chatId: string) =>
  admin.outbox.count({
    where: { topic: 'message.read', payload: { path: ['chatId'], equals: chatId } },
  });

describe('notification_dismiss', () => {
  test('takes the notification off the other devices when the chat was read on one', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const laptop = node.as({ id: biren.userId });
    await send(asha, chatId);
    await fcm.next(token);

    await laptop.call(chatRest.markRead, { chatId, upToSeq: 1 });

    expect(await fcm.next(token)).toMatchObject({
      data: { type: 'notification_dismiss', chatId, upToSeq: '1', badge: '0' },
      android: { priority: 'normal' },
    });
  });

  test('takes back what was deleted for everyone', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren, 'ios');
    const { id: messageId } = await send(asha, chatId);
    await fcm.next(token);
    await ways(messageId);

    await asha.call(chatRest.deleteMessage, { chatId, messageId, scope: 'everyone' });

    const push = await fcm.next(token);
    expect(push).toMatchObject({
      data: { type: 'notification_dismiss', chatId, messageId, badge: '0' },
      apns: {
        headers: { 'apns-push-type': 'background', 'apns-priority': '5' },
        payload: { aps: { badge: 0, 'content-available': 1 } },
      },
    });
    expect(push.notification).toBeUndefined();
  });

  test('comes once for all that was read within a second, not to the device that read it', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const laptop = node.as({ id: biren.userId });
    const own = await register(laptop);
    for (let i = 0; i < 3; i++) await send(asha, chatId);
    await fcm.next(token, ({ data }) => data?.['seq'] === '3');

    for (const upToSeq of [1, 2, 3]) await laptop.call(chatRest.markRead, { chatId, upToSeq });

    const isDismissal = ({ data }: { data?: Record<string, string> }) =>
      data?.['type'] === 'notification_dismiss';
    expect((await fcm.next(token, isDismissal)).data).toMatchObject({ upToSeq: '3' });
    await until('all is worked', async () => (await waiting(chatId)) === 0);
    expect(fcm.pushes(token).filter(isDismissal)).toHaveLength(1);
    expect(fcm.pushes(own).filter(isDismissal)).toEqual([]);
  });

  test('comes for a reading that failed before, though a later one is worked first', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const laptop = node.as({ id: biren.userId });
    const { id: sessionId } = await laptop.session();
    await send(asha, chatId);
    await ways((await send(asha, chatId)).id);
    const where = { chatId_userId: { chatId, userId: biren.userId } };
    await admin.chatMember.update({ where, data: { lastReadSeq: 2n } });
    const reading = (fromSeq: number, availableAt: Date) => ({
      topic: 'message.read',
      key: biren.userId,
      payload: { userId: biren.userId, sessionId, chatId, fromSeq },
      availableAt,
    });

    await admin.outbox.createMany({
      data: [reading(0, new Date(Date.now() + 600_000)), reading(2, new Date())],
    });

    const isDismissal = ({ data }: { data?: Record<string, string> }) =>
      data?.['type'] === 'notification_dismiss';
    expect((await fcm.next(token, isDismissal)).data).toMatchObject({ upToSeq: '2' });
  });

  test('is not needed by a device in the foreground, which its socket tells', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    await send(asha, chatId);
    await fcm.next(token);
    const phone = await biren.connect();
    keepBeating(phone);
    await untilOnline(admin, biren.userId);

    await node.as({ id: biren.userId }).call(chatRest.markRead, { chatId, upToSeq: 1 });

    expect(await phone.next('message_read')).toMatchObject({ upToSeq: 1, unreadCount: 0 });
    await until('it is worked', async () => (await waiting(chatId)) === 0);
    expect(fcm.calls(token)).toHaveLength(1);
  });

  test('comes though the node on which it was read dies at once', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const idle = { PUSH_POLL_MS: '60000' };
    const doomed = await startProcess({ ...push.env, ...push.settings, ...idle });
    await send(asha, chatId);
    await fcm.next(token);
    await ways((await asha.call(chatRest.listMessages, { chatId })).body.items[0]!.id);

    const laptop = push.at(doomed.url)({ id: biren.userId });
    await laptop.call(chatRest.markRead, { chatId, upToSeq: 1 });
    await doomed.end('SIGKILL');

    expect((await fcm.next(token)).data).toMatchObject({
      type: 'notification_dismiss',
      chatId,
      upToSeq: '1',
    });
  });

  test('is not written down for who has no other device that could show a notification', async () => {
    const { asha, biren, chatId } = await friends();
    await register(biren);
    await send(asha, chatId);

    await biren.call(chatRest.markRead, { chatId, upToSeq: 1 });

    expect(await waiting(chatId)).toBe(0);
  });
});
