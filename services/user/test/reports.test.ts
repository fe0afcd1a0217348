import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { aDirectChat, aGroup, aMessage, aStatus, aUser } from '@taar/testing/factories';
import { startUser } from './start.ts';

const { admin, as } = await startUser();

const twoFriends = async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  return { asha, biren, chat: await aDirectChat(admin, asha, biren) };
};
const evidenceOf = async (id: string) => {
  const { evidence } = await admin.report.findUniqueOrThrow({ where: { id } });
  return (evidence as { content: string }[]).map(({ content }) => content);
};

describe('POST /users/reports', () => {
  test('stores the last five messages of the reported user, as they were sent', async () => {
    const { asha, biren, chat } = await twoFriends();
    for (let i = 1; i <= 7; i++) {
      await aMessage(admin, chat, biren, { content: `Bad ${i}` });
      await aMessage(admin, chat, asha, { content: `Please stop ${i}` });
    }
    const reported = await as(asha).call(userRest.createReport, {
      targetType: 'user',
      targetId: biren.id,
      reason: 'harassment',
      note: 'He does not stop.',
    });
    expect(reported.status).toBe(202);
    await admin.message.updateMany({ where: { chatId: chat.id }, data: { content: 'Nothing' } });
    expect(await evidenceOf(reported.body.id)).toEqual([3, 4, 5, 6, 7].map((i) => `Bad ${i}`));
  });

  test('stores a reported message with earlier messages of its sender, and blocks the sender on request', async () => {
    const { asha, biren, chat } = await twoFriends();
    await aMessage(admin, chat, biren, { content: 'First' });
    const message = await aMessage(admin, chat, biren, { content: 'Second' });
    await aMessage(admin, chat, biren, { content: 'Later' });
    const { body } = await as(asha).call(userRest.createReport, {
      targetType: 'message',
      targetId: message.id,
      reason: 'fraud',
      alsoBlock: true,
    });
    expect(await evidenceOf(body.id)).toEqual(['First', 'Second']);
    expect(await admin.block.findFirst({ where: { blockerId: asha.id } })).toMatchObject({
      blockedId: biren.id,
    });
  });

  test('stores only content that is visible to the reporter', async () => {
    const { asha, biren, chat } = await twoFriends();
    await aMessage(admin, chat, biren, { content: 'Swallowed', visibleTo: biren.id });
    await aMessage(admin, chat, biren, { content: 'Seen' });
    const group = await aGroup(admin, { owner: biren, members: [await aUser(admin)] });
    const foreign = await aMessage(admin, group, biren, { content: 'Elsewhere' });

    const { body } = await as(asha).call(userRest.createReport, {
      targetType: 'chat',
      targetId: chat.id,
      reason: 'spam',
    });
    expect(await evidenceOf(body.id)).toEqual(['Seen']);

    const report = (targetType: 'user' | 'message' | 'chat' | 'status', targetId: string) =>
      as(asha).call(userRest.createReport, { targetType, targetId, reason: 'other' });
    const status = await aStatus(admin, biren);
    expect(await report('message', foreign.id)).toMatchObject({
      body: { code: 'message_not_found' },
    });
    expect(await report('chat', group.id)).toMatchObject({ body: { code: 'chat_not_found' } });
    expect(await report('status', status.id)).toMatchObject({ body: { code: 'status_not_found' } });
    for (const id of [randomUUID(), asha.id])
      expect(await report('user', id)).toMatchObject({ body: { code: 'user_not_found' } });
  });

  test('stores a reported status', async () => {
    const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
    const { id, expiresAt } = await aStatus(admin, biren, { text: 'Bad status' });
    await admin.statusAudience.create({
      data: { viewerId: asha.id, statusId: id, ownerId: biren.id, expiresAt },
    });
    const { body } = await as(asha).call(userRest.createReport, {
      targetType: 'status',
      targetId: id,
      reason: 'violence',
    });
    const row = await admin.report.findUniqueOrThrow({ where: { id: body.id } });
    expect(row.evidence).toMatchObject([{ id, text: 'Bad status' }]);
  });
});
