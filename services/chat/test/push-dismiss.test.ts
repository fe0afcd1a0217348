import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { sendHeartbeats, untilOnline } from './presence.ts';
import { startProcess } from './processes.ts';
import { startChatWithPush } from './push.ts';
import { until } from './wait.ts';

const push = await startChatWithPush();
const { admin, fcm, friends, node, register, send, pushResults } = push;

/** The number of read jobs of this chat that have not run. */
const countReadJobs = (chatId: string) =>
  admin.outbox.count({
    where: { topic: 'message.read', payload: { path: ['chatId'], equals: chatId } },
  });

describe('notification_dismiss', () => {
  test('a read on one device dismisses the notification on the other devices', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const otherDevice = node.as({ id: biren.userId });
    await send(asha, chatId);
    await fcm.next(token);

    await otherDevice.call(chatRest.markRead, { chatId, upToSeq: 1 });

    expect(await fcm.next(token)).toMatchObject({
      data: { type: 'notification_dismiss', chatId, upToSeq: '1', badge: '0' },
      android: { priority: 'normal' },
    });
  });

  test('a deletion for everyone dismisses the notification', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren, 'ios');
    const { id: messageId } = await send(asha, chatId);
    await fcm.next(token);
    await pushResults(messageId);

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

  test('reads within a second cause one dismissal, and none on the device that read', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const otherDevice = node.as({ id: biren.userId });
    const readersToken = await register(otherDevice);
    for (let i = 0; i < 3; i++) await send(asha, chatId);
    await fcm.next(token, ({ data }) => data?.['seq'] === '3');

    for (const upToSeq of [1, 2, 3]) await otherDevice.call(chatRest.markRead, { chatId, upToSeq });

    const isDismissal = ({ data }: { data?: Record<string, string> }) =>
      data?.['type'] === 'notification_dismiss';
    expect((await fcm.next(token, isDismissal)).data).toMatchObject({ upToSeq: '3' });
    await until('the read jobs are done', async () => (await countReadJobs(chatId)) === 0);
    expect(fcm.pushes(token).filter(isDismissal)).toHaveLength(1);
    expect(fcm.pushes(readersToken).filter(isDismissal)).toEqual([]);
  });

  test('a dismissal covers earlier reads whose jobs have not run yet', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const otherDevice = node.as({ id: biren.userId });
    const { id: sessionId } = await otherDevice.session();
    await send(asha, chatId);
    await pushResults((await send(asha, chatId)).id);
    const where = { chatId_userId: { chatId, userId: biren.userId } };
    await admin.chatMember.update({ where, data: { lastReadSeq: 2n } });
    const readJob = (fromSeq: number, availableAt: Date) => ({
      topic: 'message.read',
      key: biren.userId,
      payload: { userId: biren.userId, sessionId, chatId, fromSeq },
      availableAt,
    });

    await admin.outbox.createMany({
      data: [readJob(0, new Date(Date.now() + 600_000)), readJob(2, new Date())],
    });

    const isDismissal = ({ data }: { data?: Record<string, string> }) =>
      data?.['type'] === 'notification_dismiss';
    expect((await fcm.next(token, isDismissal)).data).toMatchObject({ upToSeq: '2' });
  });

  test('a device in the foreground gets the read over its socket and no dismissal', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    await send(asha, chatId);
    await fcm.next(token);
    const phone = await biren.connect();
    sendHeartbeats(phone);
    await untilOnline(admin, biren.userId);

    await node.as({ id: biren.userId }).call(chatRest.markRead, { chatId, upToSeq: 1 });

    expect(await phone.next('message_read')).toMatchObject({ upToSeq: 1, unreadCount: 0 });
    await until('the read job is done', async () => (await countReadJobs(chatId)) === 0);
    expect(fcm.calls(token)).toHaveLength(1);
  });

  test('a dismissal is sent although the node of the read is killed right after it', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    const withoutPolling = { PUSH_POLL_MS: '60000' };
    const killable = await startProcess({ ...push.env, ...push.settings, ...withoutPolling });
    await send(asha, chatId);
    await fcm.next(token);
    await pushResults((await asha.call(chatRest.listMessages, { chatId })).body.items[0]!.id);

    const otherDevice = push.at(killable.url)({ id: biren.userId });
    await otherDevice.call(chatRest.markRead, { chatId, upToSeq: 1 });
    await killable.end('SIGKILL');

    expect((await fcm.next(token)).data).toMatchObject({
      type: 'notification_dismiss',
      chatId,
      upToSeq: '1',
    });
  });

  test('no dismissal is stored for a user without another device to notify', async () => {
    const { asha, biren, chatId } = await friends();
    await register(biren);
    await send(asha, chatId);

    await biren.call(chatRest.markRead, { chatId, upToSeq: 1 });

    expect(await countReadJobs(chatId)).toBe(0);
  });
});
