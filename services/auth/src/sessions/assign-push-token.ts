import type { ServiceTx } from '@taar/db';

/** Assigns a push token to one session only, since it identifies one installed app. */
export const assignPushToken = async (tx: ServiceTx<'auth'>, sessionId: string, token: string) => {
  // The lock keeps concurrent assignments of one token from violating its unique index.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`push ${token}`}, 0))`;
  await tx.$executeRaw`
    UPDATE sessions
    SET push_token = NULL
    WHERE push_token = ${token} AND id <> ${sessionId}::uuid`;
  await tx.$executeRaw`
    UPDATE sessions
    SET push_token = ${token}, push_failed_at = NULL
    WHERE id = ${sessionId}::uuid AND revoked_at IS NULL`;
};
