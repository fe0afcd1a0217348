import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { assertMayInvite, hashOfToken } from './invite-link.ts';

/** A repetition changes nothing. */
export const revokeInviteLink = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { chatId, token }: Input<typeof chatRest.revokeInviteLink>,
): Promise<void> => {
  const revoked = await db.$transaction(async (tx) => {
    await assertMayInvite(tx, chatId, userId);
    return tx.$executeRaw`
      UPDATE chat_invites
      SET revoked_at = coalesce(revoked_at, clock_timestamp())
      WHERE token_hash = ${hashOfToken(token)}
        AND chat_id = ${chatId}::uuid`;
  });
  if (revoked === 0) throw new AppError('invite_not_found', 'The group has no such link.');
};
