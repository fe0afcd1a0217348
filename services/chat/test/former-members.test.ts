import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aGroupWithRoles, rolesOf } from './groups.ts';
import { sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

/** A group with one message by a member who has left since. */
const withFormerMember = async () => {
  const { chatId, owner, member, admin: formerMember } = await aGroupWithRoles(chat);
  const { id: messageId } = await sendText(formerMember, chatId, 'good-bye');
  await formerMember.call(chatRest.removeMember, { chatId, userId: formerMember.userId });
  return { chatId, messageId, owner, member, formerMember };
};

describe('a former member of a group', () => {
  test('a former member sees no receipts and no watermarks of members', async () => {
    const { chatId, messageId, member, formerMember } = await withFormerMember();
    await member.call(chatRest.markRead, { chatId, upToSeq: 1 });

    const receipts = await formerMember.call(chatRest.listReceipts, { chatId, messageId });
    const { body } = await formerMember.call(chatRest.listMembers, { chatId });

    expect(receipts).toMatchObject({ status: 403, body: { code: 'not_a_member' } });
    expect(body.items.length).toBeGreaterThan(0);
    for (const item of body.items) {
      expect(item).not.toHaveProperty('lastReadSeq');
      expect(item).not.toHaveProperty('lastDeliveredSeq');
    }
  });

  test('a former member sees roles and members as of the moment they left', async () => {
    const { chatId, owner, admin, member: formerMember, stranger } = await aGroupWithRoles(chat);
    const userIds = [stranger.userId];
    await owner.call(chatRest.addMembers, { chatId, userIds });
    await formerMember.call(chatRest.removeMember, { chatId, userId: formerMember.userId });
    const whenLeft = (await formerMember.call(chatRest.listMembers, { chatId })).body;

    await owner.call(chatRest.changeRole, { chatId, userId: admin.userId, role: 'owner' });
    await stranger.call(chatRest.removeMember, { chatId, userId: stranger.userId });
    await admin.call(chatRest.addMembers, { chatId, userIds, role: 'admin' });

    expect(whenLeft.items.map(({ role }) => role).toSorted()).toEqual(['admin', 'member', 'owner']);
    expect((await formerMember.call(chatRest.listMembers, { chatId })).body).toEqual(whenLeft);
  });

  test('a former member sees who was in, even if the group is dissolved right after', async () => {
    const { chatId, owner, member: formerMember } = await aGroupWithRoles(chat);
    await formerMember.call(chatRest.removeMember, { chatId, userId: formerMember.userId });
    const whenLeft = (await formerMember.call(chatRest.listMembers, { chatId })).body;

    await owner.call(chatRest.deleteChat, { chatId, scope: 'all' });

    expect(whenLeft.items).toHaveLength(2);
    expect((await formerMember.call(chatRest.listMembers, { chatId })).body).toEqual(whenLeft);
  });

  test('a former owner sees who succeeded them', async () => {
    const { chatId, owner, admin } = await aGroupWithRoles(chat);
    await owner.call(chatRest.removeMember, { chatId, userId: owner.userId });
    expect((await rolesOf(owner, chatId))[admin.userId]).toBe('owner');
  });

  test('receipts of a former member reach their own devices and no member', async () => {
    const { chatId, owner, member, formerMember } = await withFormerMember();
    await sendText(owner, chatId, 'alone at last');
    const [phone, tablet] = await Promise.all([
      member.connect(),
      chat.as({ id: formerMember.userId }).connect(),
    ]);
    await chat.admin.chatMember.update({
      where: { chatId_userId: { chatId, userId: formerMember.userId } },
      data: { lastReadSeq: 0, lastDeliveredSeq: 0 },
    });

    const device = await formerMember.connect();
    await device.ask('message_received', { chatId, upToSeq: 1 });
    await formerMember.call(chatRest.markRead, { chatId, upToSeq: 2 });

    expect(await tablet.next('message_read')).toMatchObject({ upToSeq: 2, unreadCount: 0 });
    await owner.call(chatRest.markRead, { chatId, upToSeq: 3 });
    await phone.next('message_read', ({ userId }) => userId === owner.userId);
    expect(phone.seen('message_read').map(({ userId }) => userId)).toEqual([owner.userId]);
  });
});
