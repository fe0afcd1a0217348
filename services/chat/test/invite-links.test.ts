import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aGroupWithRoles, newPeople, systemEvents } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

const createLink = async (person: Person, chatId: string, fields: object = {}) =>
  (await person.call(chatRest.createInviteLink, { chatId, ...fields })).body.token;
const join = (person: Person, token: string) => person.call(chatRest.joinByInvite, { token });
const codeOf = ({ body }: { body: unknown }) => (body as { code?: string }).code;

describe('an invite link', () => {
  test('a link lets its holder join, and every member receives an event', async () => {
    const { chatId, owner, admin, stranger } = await aGroupWithRoles(chat);
    const made = await admin.call(chatRest.createInviteLink, { chatId, expiresInSeconds: 3_600 });
    const phone = await chat.nodes[1]!.as({ id: owner.userId }).connect();

    const joined = await join(stranger, made.body.token);

    expect(made).toMatchObject({ status: 201, body: { chatId, maxUses: null } });
    expect(joined).toMatchObject({
      status: 200,
      body: { id: chatId, memberCount: 4, my: { role: 'member', joinedSeq: 1 } },
    });
    expect(await phone.next('members_updated')).toMatchObject({ added: [stranger.userId] });
    expect(await systemEvents(stranger, chatId)).toEqual(['member_joined_by_link']);
  });

  test('a link is stored as a hash only', async () => {
    const { chatId, owner } = await aGroupWithRoles(chat);
    const token = await createLink(owner, chatId);

    const [row] = await chat.admin.chatInvite.findMany({ where: { chatId } });

    expect(Buffer.from(row!.tokenHash).toString('base64url')).not.toContain(token);
    expect(row!.tokenHash).toHaveLength(32);
    expect(token).toHaveLength(32);
  });

  test('a link used by a member changes nothing and spends no use', async () => {
    const { chatId, owner, member, stranger } = await aGroupWithRoles(chat);
    const token = await createLink(owner, chatId, { maxUses: 1 });

    expect((await join(member, token)).status).toBe(200);
    expect((await join(stranger, token)).status).toBe(200);
    expect((await join(stranger, token)).status).toBe(200);

    expect((await owner.call(chatRest.getChat, { chatId })).body.memberCount).toBe(4);
  });

  test('a link admits no more users than its limit, even at once', async () => {
    const { chatId, owner } = await aGroupWithRoles(chat);
    const token = await createLink(owner, chatId, { maxUses: 3 });

    const answers = await Promise.all(
      (await newPeople(chat, 8)).map((person) => join(person, token)),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter((answer) => codeOf(answer) === 'gone')).toHaveLength(5);
  });

  test('a link ends when it expires or is revoked, and when the group is dissolved', async () => {
    const { chatId, owner, stranger } = await aGroupWithRoles(chat);
    const [expired, revoked, ofDissolved] = [
      await createLink(owner, chatId, { expiresInSeconds: 60 }),
      await createLink(owner, chatId),
      await createLink(owner, chatId),
    ];
    await chat.admin
      .$executeRaw`UPDATE chat_invites SET expires_at = now() WHERE expires_at IS NOT NULL`;
    const revoke = () => owner.call(chatRest.revokeInviteLink, { chatId, token: revoked });
    expect([(await revoke()).status, (await revoke()).status]).toEqual([204, 204]);

    expect(codeOf(await join(stranger, expired))).toBe('gone');
    expect(codeOf(await join(stranger, revoked))).toBe('gone');
    await owner.call(chatRest.deleteChat, { chatId, scope: 'all' });
    expect((await join(stranger, ofDissolved)).status).toBeGreaterThanOrEqual(404);
  });

  test('a removed user can rejoin by a newer link but not by an older one', async () => {
    const { chatId, owner, member } = await aGroupWithRoles(chat);
    const old = await createLink(owner, chatId);
    await owner.call(chatRest.removeMember, { chatId, userId: member.userId });

    expect(codeOf(await join(member, old))).toBe('forbidden');
    expect((await join(member, await createLink(owner, chatId))).status).toBe(200);
  });

  test('a user who left can rejoin by a link', async () => {
    const { chatId, owner, member } = await aGroupWithRoles(chat);
    const token = await createLink(owner, chatId);
    await member.call(chatRest.removeMember, { chatId, userId: member.userId });

    expect((await join(member, token)).status).toBe(200);
  });

  test('a link of a user who blocked the caller, or that never existed, is not found', async () => {
    const { chatId, owner, stranger } = await aGroupWithRoles(chat);
    await aBlock(chat.admin, { id: owner.userId }, { id: stranger.userId });

    expect(codeOf(await join(stranger, await createLink(owner, chatId)))).toBe('invite_not_found');
    expect(codeOf(await join(stranger, 'A'.repeat(32)))).toBe('invite_not_found');
  });

  test('members who may add users can create and revoke links', async () => {
    const [closed, open] = [
      await aGroupWithRoles(chat),
      await aGroupWithRoles(chat, { whoCanAddMembers: 'all' }),
    ];
    const token = await createLink(closed.owner, closed.chatId);

    const answers = await Promise.all([
      closed.member.call(chatRest.createInviteLink, { chatId: closed.chatId }),
      open.member.call(chatRest.createInviteLink, { chatId: open.chatId }),
      closed.member.call(chatRest.revokeInviteLink, { chatId: closed.chatId, token }),
      open.owner.call(chatRest.revokeInviteLink, { chatId: open.chatId, token }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([403, 201, 403, 404]);
  });

  test('a link to a full group is refused', async () => {
    const { chatId, owner, stranger } = await aGroupWithRoles(chat);
    await chat.admin.chat.update({ where: { id: chatId }, data: { memberCount: 1_024 } });

    expect(codeOf(await join(stranger, await createLink(owner, chatId)))).toBe('group_full');
  });
});
