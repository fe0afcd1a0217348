import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aGroup } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aGroupWithRoles, newPeople, rolesOf, systemEvents } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat();

type Role = 'owner' | 'admin' | 'member';
const change = (person: Person, chatId: string, { userId }: Person, role: Role) =>
  person.call(chatRest.changeRole, { chatId, userId, role });
const leave = (person: Person, chatId: string) =>
  person.call(chatRest.removeMember, { chatId, userId: person.userId });

describe('PUT /chats/:chatId/members/:userId', () => {
  test('the owner promotes and demotes members, and every member receives an event', async () => {
    const { chatId, owner, admin, member } = await aGroupWithRoles(chat);
    const phone = await admin.connect();

    const promoted = await change(owner, chatId, member, 'admin');
    const demoted = await change(owner, chatId, admin, 'member');

    expect(promoted).toMatchObject({ status: 200, body: { role: 'admin' } });
    expect(demoted.body.role).toBe('member');
    const event = await phone.next('members_updated', ({ changeSeq }) => changeSeq === 4);
    expect(event).toMatchObject({
      roles: [{ userId: admin.userId, role: 'member' }],
      memberEpoch: 2,
      memberCount: 3,
    });
    expect(await systemEvents(owner, chatId)).toEqual(['role_changed', 'role_changed']);
  });

  test('an owner who hands over the group stays an admin', async () => {
    const { chatId, owner, admin, member } = await aGroupWithRoles(chat);

    await change(owner, chatId, member, 'owner');

    expect(await rolesOf(owner, chatId)).toEqual({
      [owner.userId]: 'admin',
      [admin.userId]: 'admin',
      [member.userId]: 'owner',
    });
    expect((await change(owner, chatId, admin, 'member')).status).toBe(403);
  });

  test('a change to the current role changes nothing', async () => {
    const { chatId, owner, admin } = await aGroupWithRoles(chat);
    expect((await change(owner, chatId, admin, 'admin')).status).toBe(200);
    expect((await owner.call(chatRest.getChat, { chatId })).body.changeSeq).toBe(0);
  });

  test('only the owner can change roles, and every group keeps an owner', async () => {
    const { chatId, owner, admin, member, stranger } = await aGroupWithRoles(chat);

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

  test('a demoted admin loses an admin’s rights at once', async () => {
    const { chatId, owner, admin } = await aGroupWithRoles(chat, { whoCanSend: 'admins' });
    await change(owner, chatId, admin, 'member');

    const sent = await admin.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: crypto.randomUUID(),
      content: 'still an admin?',
    });

    expect(sent).toMatchObject({ status: 403, body: { code: 'forbidden_role' } });
  });
});

describe('an owner who leaves', () => {
  const aGroupToFill = async () => {
    const [owner, first, second, third] = (await newPeople(chat, 4)) as [
      Person,
      Person,
      Person,
      Person,
    ];
    const { id: chatId } = await aGroup(chat.admin, { owner: { id: owner.userId } });
    const add = ({ userId }: Person, role: 'admin' | 'member') =>
      owner.call(chatRest.addMembers, { chatId, userIds: [userId], role });
    return { chatId, owner, first, second, third, add };
  };

  test('the group passes to the longest-standing admin', async () => {
    const { chatId, owner, first, second, third, add } = await aGroupToFill();
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

  test('a group without an admin passes to the longest-standing member', async () => {
    const { chatId, owner, first, second, add } = await aGroupToFill();
    await add(second, 'member');
    await add(first, 'member');

    await leave(owner, chatId);

    expect((await rolesOf(first, chatId))[second.userId]).toBe('owner');
  });

  test('a group is closed for good when its last member leaves', async () => {
    const { chatId, owner, first, add } = await aGroupToFill();
    await add(first, 'admin');
    await leave(first, chatId);

    const answer = await leave(owner, chatId);

    expect(answer.status).toBe(204);
    const row = await chat.admin.chat.findUniqueOrThrow({ where: { id: chatId } });
    expect(row).toMatchObject({ memberCount: 0 });
    expect(row.closedAt).not.toBeNull();
    expect((await leave(owner, chatId)).status).toBe(403);
  });

  test('a group keeps an owner when owner and admin leave at once', async () => {
    for (let round = 0; round < 10; round++) {
      const { chatId, owner, admin, member } = await aGroupWithRoles(chat);

      await Promise.all([leave(owner, chatId), leave(admin, chatId)]);

      expect(await rolesOf(member, chatId)).toEqual({ [member.userId]: 'owner' });
    }
  });
});
