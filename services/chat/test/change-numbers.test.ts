import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aGroupWithRoles } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

test('every change of a group reaches its members once, numbered without a gap', async () => {
  const { chatId, owner, admin, member, stranger } = await aGroupWithRoles(chat);
  const phone = await chat.nodes[1]!.as({ id: member.userId }).connect();
  const { body: link } = await owner.call(chatRest.createInviteLink, { chatId });
  const userId = stranger.userId;

  await owner.call(chatRest.updateChat, { chatId, name: 'Ranna', settings: { whoCanSend: 'all' } });
  await owner.call(chatRest.updateChat, { chatId, settings: { disappearingSeconds: 3_600 } });
  await owner.call(chatRest.addMembers, { chatId, userIds: [userId] });
  await owner.call(chatRest.changeRole, { chatId, userId, role: 'admin' });
  await stranger.call(chatRest.sendMessage, {
    chatId,
    clientMessageId: randomUUID(),
    content: 'hello',
  });
  await stranger.call(chatRest.removeMember, { chatId, userId });
  await stranger.call(chatRest.joinByInvite, { token: link.token });
  await owner.call(chatRest.removeMember, { chatId, userId: admin.userId });
  await owner.call(chatRest.deleteChat, { chatId });

  const { body } = await member.call(chatRest.getChat, { chatId });
  await phone.next('members_updated', ({ changeSeq }) => changeSeq === body.changeSeq);
  const numbers = [
    ...phone.seen('message_received').map(({ chat: { changeSeq } }) => changeSeq),
    ...phone.seen('chat_updated').map(({ changeSeq }) => changeSeq),
    ...phone.seen('members_updated').map(({ changeSeq }) => changeSeq),
  ];
  expect(numbers.toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: body.changeSeq }, (_, i) => i + 1),
  );
  expect(body.my.role).toBe('owner');
  expect(body.lastSeq).toBe(await chat.admin.message.count({ where: { chatId } }));
});
