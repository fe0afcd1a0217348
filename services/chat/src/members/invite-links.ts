import { createHash, randomBytes } from 'node:crypto';
import type { Input, Output, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import type { ChatTx } from '../core/change-chat.ts';
import { assertGroup, assertRole, lockMember } from '../core/access.ts';

const tokenBytes = 24;

/** A token is as good as a membership, so the database does not know it. */
export const hashOfToken = (token: string) => createHash('sha256').update(token).digest();

/** Whoever may add people may also let them in by a link. */
const assertMayInvite = async (tx: ChatTx, chatId: string, userId: string) => {
  const member = await lockMember(tx, chatId, userId);
  assertGroup(member);
  assertRole(member, member.settings.whoCanAddMembers);
};

export const createInviteLink = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { chatId, expiresInSeconds, maxUses }: Input<typeof chatRest.createInviteLink>,
): Promise<Output<typeof chatRest.createInviteLink>> => {
  const token = randomBytes(tokenBytes).toString('base64url');
  const [stored] = await db.$transaction(async (tx) => {
    await assertMayInvite(tx, chatId, userId);
    return tx.$queryRaw<{ createdAt: Date; expiresAt: Date | null }[]>`
      INSERT INTO chat_invites (token_hash, chat_id, created_by, created_at, expires_at, max_uses)
      SELECT ${hashOfToken(token)}, ${chatId}::uuid, ${userId}::uuid, t.now,
        t.now + ${expiresInSeconds ?? null}::int * interval '1 s', ${maxUses ?? null}::int
      FROM (SELECT clock_timestamp() AS now) t
      RETURNING created_at AS "createdAt", expires_at AS "expiresAt"`;
  });
  return {
    token,
    chatId,
    createdAt: stored!.createdAt.toISOString(),
    expiresAt: stored!.expiresAt?.toISOString() ?? null,
    maxUses: maxUses ?? null,
  };
};

/** Revoking twice changes nothing. */
export const revokeInviteLink = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { chatId, token }: Input<typeof chatRest.revokeInviteLink>,
): Promise<void> => {
  const revoked = await db.$transaction(async (tx) => {
    await assertMayInvite(tx, chatId, userId);
    return tx.$executeRaw`
      UPDATE chat_invites SET revoked_at = coalesce(revoked_at, clock_timestamp())
      WHERE token_hash = ${hashOfToken(token)} AND chat_id = ${chatId}::uuid`;
  });
  if (revoked === 0) throw new AppError('invite_not_found', 'No such link of this group.');
};
