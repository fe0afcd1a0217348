import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock, aGroup } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aGroupWithRoles, newPeople, rolesOf, systemEvents } from './groups.ts';
import { sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const elsewhere = ({ userId }: Person) => chat.nodes[1]!.as({ id: userId });

const add = (person: Person, chatId: string, ...userIds: string[]) =>
  person.call(chatRest.addMembers, { chatId, userIds });
const remove = (person: Person, chatId: string, { userId }: Person) =>
  person.call(chatRest.removeMember, { chatId, userId });
const texts = async (person: Person, chatId: string) => {
  const { body } = await person.call(chatRest.listMessages, { chatId });
  return body.items.map(({ content, metadata }) => content ?? metadata['event']);
};

describe('POST /chats/:chatId/members', () => {
  test('added members see later messages, and all members receive contiguous changes', async () => {
    const { chatId, owner, member, stranger } = await aGroupWithRoles(chat);
    await sendText(owner, chatId, 'before');
    const [phone, strangersPhone] = await Promise.all([
      elsewhere(member).connect(),
      elsewhere(stranger).connect(),
    ]);

    const { body } = await add(owner, chatId, stranger.userId);

    expect(body).toMatchObject({
      added: [{ user: { id: stranger.userId }, role: 'member', lastReadSeq: 1 }],
      alreadyMembers: [],
      invited: [],
      failed: [],
    });
    expect(await strangersPhone.next('chat_added')).toEqual({ chatId });
    const { changeSeq, ...update } = await phone.next('members_updated');
    expect(changeSeq).toBe(3);
    expect(update).toMatchObject({ added: [stranger.userId], memberCount: 4, memberEpoch: 1 });
    expect((await strangersPhone.next('message_received')).message).toMatchObject({ seq: 2 });
    await sendText(member, chatId, 'welcome');
    await strangersPhone.next('message_received', ({ message }) => message.content === 'welcome');
    expect(await texts(stranger, chatId)).toEqual(['members_added', 'welcome']);
    const mine = await stranger.call(chatRest.getChat, { chatId });
    expect(mine.body.my).toMatchObject({ joinedSeq: 2, unreadCount: 1 });
  });

  test('the answer says for each user whether they were added, and why not', async () => {
    const { chatId, owner, member, stranger } = await aGroupWithRoles(chat);
    const [shy, blocker] = (await newPeople(chat, 2)) as [Person, Person];
    await chat.admin.userSettings.create({
      data: { userId: shy.userId, groupsAudience: 'nobody' },
    });
    await aBlock(chat.admin, { id: blocker.userId }, { id: owner.userId });
    const unknownId = randomUUID();

    const { body } = await add(
      owner,
      chatId,
      ...[member, stranger, shy, blocker].map(({ userId }) => userId),
      unknownId,
    );

    expect(body.added.map(({ user }) => user.id)).toEqual([stranger.userId]);
    expect(body.alreadyMembers).toEqual([member.userId]);
    expect(body.invited).toEqual([shy.userId, blocker.userId]);
    expect(body.failed).toEqual([{ userId: unknownId, code: 'user_not_found' }]);
    expect((await add(owner, chatId, unknownId)).status).toBe(400);
  });

  test('a request that adds no user changes nothing', async () => {
    const { chatId, owner, member } = await aGroupWithRoles(chat);

    const { status } = await add(owner, chatId, member.userId);

    expect(status).toBe(200);
    expect((await owner.call(chatRest.getChat, { chatId })).body.changeSeq).toBe(0);
  });

  test('only admins can add members, unless the group lets every member', async () => {
    const [closed, open] = [
      await aGroupWithRoles(chat),
      await aGroupWithRoles(chat, { whoCanAddMembers: 'all' }),
    ];

    const answers = await Promise.all([
      add(closed.member, closed.chatId, closed.stranger.userId),
      add(open.member, open.chatId, open.stranger.userId),
      add(closed.stranger, closed.chatId, closed.stranger.userId),
      closed.admin.call(chatRest.addMembers, {
        chatId: closed.chatId,
        userIds: [closed.stranger.userId],
        role: 'admin',
      }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([403, 200, 404, 403]);
  });

  test('a request that would exceed the size of a group adds no user', async () => {
    const [owner, first, second] = (await newPeople(chat, 3)) as [Person, Person, Person];
    const { id } = await aGroup(
      chat.admin,
      { owner: { id: owner.userId } },
      { memberCount: 1_023 },
    );

    const both = await add(owner, id, first.userId, second.userId);
    const single = await add(owner, id, first.userId);

    expect(both).toMatchObject({ status: 409, body: { code: 'group_full' } });
    expect(single.status).toBe(200);
    expect(await chat.admin.chatMember.count({ where: { chatId: id } })).toBe(2);
  });

  test('a member who is back sees both stays and no message from between them', async () => {
    const { chatId, owner, member } = await aGroupWithRoles(chat);
    await sendText(owner, chatId, 'first stay');
    await remove(owner, chatId, member);
    await sendText(owner, chatId, 'in between');

    await add(owner, chatId, member.userId);
    await sendText(owner, chatId, 'second stay');

    expect(await texts(member, chatId)).toEqual([
      'first stay',
      'member_removed',
      'members_added',
      'second stay',
    ]);
    const { body } = await member.call(chatRest.getChat, { chatId });
    expect(body.my).toMatchObject({ membership: 'active', joinedSeq: 4, unreadCount: 1 });
  });
});

describe('DELETE /chats/:chatId/members/:userId', () => {
  test('a removed member reads up to the removal and receives nothing after it', async () => {
    const { chatId, owner, member } = await aGroupWithRoles(chat);
    const phone = await elsewhere(member).connect();

    const answer = await remove(owner, chatId, member);

    expect(answer.status).toBe(204);
    expect(await phone.next('chat_removed')).toEqual({
      chatId,
      changeSeq: 1,
      leftSeq: 1,
      reason: 'removed',
    });
    await sendText(owner, chatId, 'after the removal');
    const ack = await phone.ask('send_message', {
      chatId,
      clientMessageId: randomUUID(),
      content: 'hey',
    });
    expect(ack).toMatchObject({ ok: false, error: { code: 'not_a_member' } });
    expect(phone.seen('message_received')).toEqual([]);
    expect(phone.seen('members_updated')).toEqual([]);
    expect(await texts(member, chatId)).toEqual(['member_removed']);
    const { body } = await member.call(chatRest.getChat, { chatId });
    expect(body).toMatchObject({ lastSeq: 1, my: { membership: 'removed', leftSeq: 1 } });
    const list = await member.call(chatRest.listMembers, { chatId });
    expect(list.body.items.map(({ user }) => user.id)).not.toContain(member.userId);
  });

  test('a former member sees the group and its members as of the moment they left', async () => {
    const { chatId, owner, admin, member, stranger } = await aGroupWithRoles(chat);
    await remove(owner, chatId, member);
    const before = await member.call(chatRest.getChat, { chatId });
    const rolesWhenLeft = await rolesOf(member, chatId);

    await owner.call(chatRest.updateChat, {
      chatId,
      name: 'After the removal',
      description: 'secret',
    });
    await add(owner, chatId, stranger.userId);
    await remove(owner, chatId, admin);

    const after = await member.call(chatRest.getChat, { chatId });
    expect(after.body).toEqual(before.body);
    expect(after.body).toMatchObject({ memberCount: 2, description: null });
    expect(await rolesOf(member, chatId)).toEqual(rolesWhenLeft);
    expect(Object.keys(rolesWhenLeft).toSorted()).toEqual([owner.userId, admin.userId].toSorted());
  });

  test('a member can be removed once and can leave once', async () => {
    const { chatId, owner, admin, member } = await aGroupWithRoles(chat);

    const answers = [
      await remove(owner, chatId, member),
      await remove(owner, chatId, member),
      await remove(admin, chatId, admin),
      await remove(admin, chatId, admin),
    ];

    expect(answers.map(({ status }) => status)).toEqual([204, 404, 204, 403]);
    expect(answers[1]!.body).toMatchObject({ code: 'member_not_found' });
    expect(await systemEvents(owner, chatId)).toEqual(['member_removed', 'member_left']);
  });

  test('members can remove no one, and admins no admin and no owner', async () => {
    const { chatId, owner, admin, member } = await aGroupWithRoles(chat);
    const [secondAdmin] = (await newPeople(chat, 1)) as [Person];
    await owner.call(chatRest.addMembers, { chatId, userIds: [secondAdmin.userId], role: 'admin' });

    const answers = await Promise.all([
      remove(member, chatId, admin),
      remove(admin, chatId, owner),
      remove(admin, chatId, secondAdmin),
    ]);
    expect(answers.map(({ body }) => body)).toMatchObject(
      Array.from({ length: 3 }, () => ({ code: 'forbidden_role' })),
    );
    expect((await remove(admin, chatId, member)).status).toBe(204);
    expect((await remove(owner, chatId, admin)).status).toBe(204);
  });

  test('a direct chat lets no one be added or removed', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    expect((await remove(asha, chatId, biren)).status).toBe(400);
    expect((await add(asha, chatId, biren.userId)).status).toBe(400);
  });
});

describe('GET /chats/:chatId/members', () => {
  test('pages hold every member once', async () => {
    const { chatId, owner } = await aGroupWithRoles(chat);
    const more = await newPeople(chat, 9);
    await add(owner, chatId, ...more.map(({ userId }) => userId));
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const { body } = await owner.call(chatRest.listMembers, {
        chatId,
        limit: 5,
        ...(cursor && { cursor }),
      });
      seen.push(...body.items.map(({ user }) => user.id));
      cursor = body.nextCursor;
    } while (cursor);

    expect(seen).toHaveLength(12);
    expect(new Set(seen).size).toBe(12);
    expect(Object.keys(await rolesOf(owner, chatId))).toHaveLength(12);
  });
});
