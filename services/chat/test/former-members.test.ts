import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aFourfold } from './groups.ts';
import { say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

/** Somebody who wrote one message in a group and left it. */
const aLeaver = async () => {
  const { chatId, owner, member, admin: leaver } = await aFourfold(chat);
  const { id: messageId } = await say(leaver, chatId, 'good-bye');
  await leaver.call(chatRest.removeMember, { chatId, userId: leaver.userId });
  return { chatId, messageId, owner, member, leaver };
};

describe('whoever has left a group', () => {
  test('does not learn who has read what they wrote, nor how far anybody is', async () => {
    const { chatId, messageId, member, leaver } = await aLeaver();
    await member.call(chatRest.markRead, { chatId, upToSeq: 1 });

    const receipts = await leaver.call(chatRest.listReceipts, { chatId, messageId });
    const { body } = await leaver.call(chatRest.listMembers, { chatId });

    expect(receipts).toMatchObject({ status: 403, body: { code: 'not_a_member' } });
    expect(body.items.length).toBeGreaterThan(0);
    for (const one of body.items) {
      expect(one).not.toHaveProperty('lastReadSeq');
      expect(one).not.toHaveProperty('lastDeliveredSeq');
    }
  });

  test('is not told to those who are in, when they read on', async () => {
    const { chatId, owner, member, leaver } = await aLeaver();
    await owner.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: crypto.randomUUID(),
      content: 'alone at last',
    });
    const [phone, tablet] = await Promise.all([
      member.connect(),
      chat.as({ id: leaver.userId }).connect(),
    ]);
    await chat.admin.chatMember.update({
      where: { chatId_userId: { chatId, userId: leaver.userId } },
      data: { lastReadSeq: 0, lastDeliveredSeq: 0 },
    });

    const device = await leaver.connect();
    await device.ask('message_received', { chatId, upToSeq: 1 });
    await leaver.call(chatRest.markRead, { chatId, upToSeq: 2 });

    expect(await tablet.next('message_read')).toMatchObject({ upToSeq: 2, unreadCount: 0 });
    await owner.call(chatRest.markRead, { chatId, upToSeq: 3 });
    await phone.next('message_read', ({ userId }) => userId === owner.userId);
    expect(phone.seen('message_read').map(({ userId }) => userId)).toEqual([owner.userId]);
  });
});
