import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aFourfold, people, systemEvents } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

const link = async (who: Person, chatId: string, fields: object = {}) =>
  (await who.call(chatRest.createInviteLink, { chatId, ...fields })).body.token;
const join = (who: Person, token: string) => who.call(chatRest.joinByInvite, { token });
const codeOf = ({ body }: { body: unknown }) => (body as { code?: string }).code;

describe('an invite link', () => {
  test('lets in whoever has it, and everyone is told', async () => {
    const { chatId, owner, admin, stranger } = await aFourfold(chat);
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

  test('is not known to the database', async () => {
    const { chatId, owner } = await aFourfold(chat);
    const token = await link(owner, chatId);

    const [row] = await chat.admin.chatInvite.findMany({ where: { chatId } });

    expect(Buffer.from(row!.tokenHash).toString('base64url')).not.toContain(token);
    expect(row!.tokenHash).toHaveLength(32);
    expect(token).toHaveLength(32);
  });

  test('used by a member, changes and spends nothing', async () => {
    const { chatId, owner, member, stranger } = await aFourfold(chat);
    const token = await link(owner, chatId, { maxUses: 1 });

    expect((await join(member, token)).status).toBe(200);
    expect((await join(stranger, token)).status).toBe(200);
    expect((await join(stranger, token)).status).toBe(200);

    expect((await owner.call(chatRest.getChat, { chatId })).body.memberCount).toBe(4);
  });

  test('lets in no more than it may, even at once', async () => {
    const { chatId, owner } = await aFourfold(chat);
    const token = await link(owner, chatId, { maxUses: 3 });

    const answers = await Promise.all((await people(chat, 8)).map((who) => join(who, token)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter((answer) => codeOf(answer) === 'gone')).toHaveLength(5);
  });

  test('is over when its time is, when it is revoked, and when the group is dissolved', async () => {
    const { chatId, owner, stranger } = await aFourfold(chat);
    const [late, revoked, orphan] = [
      await link(owner, chatId, { expiresInSeconds: 60 }),
      await link(owner, chatId),
      await link(owner, chatId),
    ];
    await chat.admin
      .$executeRaw`UPDATE chat_invites SET expires_at = now() WHERE expires_at IS NOT NULL`;
    const revoke = () => owner.call(chatRest.revokeInviteLink, { chatId, token: revoked });
    expect([(await revoke()).status, (await revoke()).status]).toEqual([204, 204]);

    expect(codeOf(await join(stranger, late))).toBe('gone');
    expect(codeOf(await join(stranger, revoked))).toBe('gone');
    await owner.call(chatRest.deleteChat, { chatId, scope: 'all' });
    expect((await join(stranger, orphan)).status).toBeGreaterThanOrEqual(404);
  });

  test('does not bring back whom an admin removed, but a newer one does', async () => {
    const { chatId, owner, member } = await aFourfold(chat);
    const old = await link(owner, chatId);
    await owner.call(chatRest.removeMember, { chatId, userId: member.userId });

    expect(codeOf(await join(member, old))).toBe('forbidden');
    expect((await join(member, await link(owner, chatId))).status).toBe(200);
  });

  test('brings back whoever left by themselves', async () => {
    const { chatId, owner, member } = await aFourfold(chat);
    const token = await link(owner, chatId);
    await member.call(chatRest.removeMember, { chatId, userId: member.userId });

    expect((await join(member, token)).status).toBe(200);
  });

  test('of someone who blocked me, or that never was, is not found', async () => {
    const { chatId, owner, stranger } = await aFourfold(chat);
    await aBlock(chat.admin, { id: owner.userId }, { id: stranger.userId });

    expect(codeOf(await join(stranger, await link(owner, chatId)))).toBe('invite_not_found');
    expect(codeOf(await join(stranger, 'A'.repeat(32)))).toBe('invite_not_found');
  });

  test('is made and revoked by those who may add people', async () => {
    const [closed, open] = [
      await aFourfold(chat),
      await aFourfold(chat, { whoCanAddMembers: 'all' }),
    ];
    const token = await link(closed.owner, closed.chatId);

    const answers = await Promise.all([
      closed.member.call(chatRest.createInviteLink, { chatId: closed.chatId }),
      open.member.call(chatRest.createInviteLink, { chatId: open.chatId }),
      closed.member.call(chatRest.revokeInviteLink, { chatId: closed.chatId, token }),
      open.owner.call(chatRest.revokeInviteLink, { chatId: open.chatId, token }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([403, 201, 403, 404]);
  });

  test('finds a group that is full', async () => {
    const { chatId, owner, stranger } = await aFourfold(chat);
    await chat.admin.chat.update({ where: { id: chatId }, data: { memberCount: 1_024 } });

    expect(codeOf(await join(stranger, await link(owner, chatId)))).toBe('group_full');
  });
});
