import { randomBytes } from 'node:crypto';
import type { Input, Output, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { assertMayInvite, hashOfToken } from './invite-link.ts';

const tokenBytes = 24;

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
      SELECT
        ${hashOfToken(token)}, ${chatId}::uuid, ${userId}::uuid, clock.now,
        clock.now + ${expiresInSeconds ?? null}::int * interval '1 s', ${maxUses ?? null}::int
      FROM (SELECT clock_timestamp() AS now) clock
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
