import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aGroup } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aFourfold, people, rolesOf, systemEvents } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat();

type Role = 'owner' | 'admin' | 'member';
const change = (who: Person, chatId: string, { userId }: Person, role: Role) =>
  who.call(chatRest.changeRole, { chatId, userId, role });
const leave = (who: Person, chatId: string) =>
  who.call(chatRest.removeMember, { chatId, userId: who.userId });

describe('PUT /chats/:chatId/members/:userId', () => {
  test('the owner makes admins and members, and everyone is told', async () => {
    const { chatId, owner, admin, member } = await aFourfold(chat);
    const phone = await admin.connect();

    const raised = await change(owner, chatId, member, 'admin');
    const lowered = await change(owner, chatId, admin, 'member');

    expect(raised).toMatchObject({ status: 200, body: { role: 'admin' } });
    expect(lowered.body.role).toBe('member');
    const told = await phone.next('members_updated', ({ changeSeq }) => changeSeq === 4);
    expect(told).toMatchObject({
      roles: [{ userId: admin.userId, role: 'member' }],
      memberEpoch: 2,
      memberCount: 3,
    });
    expect(await systemEvents(owner, chatId)).toEqual(['role_changed', 'role_changed']);
  });

  test('the owner hands the group over and stays an admin', async () => {
    const { chatId, owner, admin, member } = await aFourfold(chat);

    await change(owner, chatId, member, 'owner');

    expect(await rolesOf(owner, chatId)).toEqual({
      [owner.userId]: 'admin',
      [admin.userId]: 'admin',
      [member.userId]: 'owner',
    });
    expect((await change(owner, chatId, admin, 'member')).status).toBe(403);
  });

  test('to the role that they have, changes nothing', async () => {
    const { chatId, owner, admin } = await aFourfold(chat);
    expect((await change(owner, chatId, admin, 'admin')).status).toBe(200);
    expect((await owner.call(chatRest.getChat, { chatId })).body.changeSeq).toBe(0);
  });

  test('nobody else changes roles, and no group is left without an owner', async () => {
    const { chatId, owner, admin, member, stranger } = await aFourfold(chat);

    const answers = [
      await change(admin, chatId, member, 'admin'),
      await change(member, chatId, member, 'owner'),
      await change(owner, chatId, owner, 'admin'),
      await change(owner, chatId, stranger, 'admin'),
    ];

    expect(answers.map(({ body }) => (body as unknown as { code: string }).code)).toEqual([
      'forbidden_role',
      'forbidden_role',
      'last_owner',
      'member_not_found',
    ]);
  });

  test('who was lowered acts by the new role at once', async () => {
    const { chatId, owner, admin } = await aFourfold(chat, { whoCanSend: 'admins' });
    await change(owner, chatId, admin, 'member');

    const sent = await admin.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: crypto.randomUUID(),
      content: 'still me',
    });

    expect(sent).toMatchObject({ status: 403, body: { code: 'forbidden_role' } });
  });
});

describe('an owner who leaves', () => {
  const grown = async () => {
    const [owner, first, second, third] = (await people(chat, 4)) as [
      Person,
      Person,
      Person,
      Person,
    ];
    const { id: chatId } = await aGroup(chat.admin, { owner: { id: owner.userId } });
    const add = (who: Person, role: 'admin' | 'member') =>
      owner.call(chatRest.addMembers, { chatId, userIds: [who.userId], role });
    return { chatId, owner, first, second, third, add };
  };

  test('T-M4 hands the group to the longest-standing admin', async () => {
    const { chatId, owner, first, second, third, add } = await grown();
    await add(first, 'member');
    await add(second, 'admin');
    await add(third, 'admin');
    const phone = await third.connect();

    await leave(owner, chatId);

    expect(await rolesOf(third, chatId)).toEqual({
      [first.userId]: 'member',
      [second.userId]: 'owner',
      [third.userId]: 'admin',
    });
    expect(await phone.next('members_updated')).toMatchObject({
      removed: [owner.userId],
      roles: [{ userId: second.userId, role: 'owner' }],
      memberCount: 3,
    });
    expect((await systemEvents(third, chatId)).slice(-2)).toEqual(['member_left', 'owner_changed']);
  });

  test('T-M4 where there is no admin, hands it to the longest-standing member', async () => {
    const { chatId, owner, first, second, add } = await grown();
    await add(second, 'member');
    await add(first, 'member');

    await leave(owner, chatId);

    expect((await rolesOf(first, chatId))[second.userId]).toBe('owner');
  });

  test('as the last one, closes the group for good', async () => {
    const { chatId, owner, first, add } = await grown();
    await add(first, 'admin');
    await leave(first, chatId);

    const answer = await leave(owner, chatId);

    expect(answer.status).toBe(204);
    const row = await chat.admin.chat.findUniqueOrThrow({ where: { id: chatId } });
    expect(row).toMatchObject({ memberCount: 0 });
    expect(row.closedAt).not.toBeNull();
    expect((await leave(owner, chatId)).status).toBe(403);
  });

  test('while the admin leaves too, never leaves the group without an owner', async () => {
    for (let round = 0; round < 10; round++) {
      const { chatId, owner, admin, member } = await aFourfold(chat);

      await Promise.all([leave(owner, chatId), leave(admin, chatId)]);

      expect(await rolesOf(member, chatId)).toEqual({ [member.userId]: 'owner' });
    }
  });
});
