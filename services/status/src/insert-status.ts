import type { Input, statusRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { blockBetween } from '@taar/domain/people';
import { v7 } from 'uuid';
import type { Deps } from './deps.ts';
import { isLive } from './queries.ts';

export type NewStatus = Input<typeof statusRest.createStatus>;
/** `id` is null if the owner has `maxLive` statuses, or if the clientStatusId exists. */
type Inserted = { id: string | null; liveCount: number; viewerIds: string[] };

const maxLive = 100;

/** Inserts a status and its audience by one statement, whatever the size of the audience. */
export const insertStatus = async (
  db: Deps['db'],
  ownerId: string,
  status: NewStatus,
  audienceMode: string,
  payloadHash: Uint8Array,
): Promise<Inserted> => {
  const { clientStatusId, type, text = null, background = null, mediaId = null } = status;
  const [row] = await db.$queryRaw<Inserted[]>`
    WITH live AS (
      SELECT count(*)::int AS count
      FROM statuses status
      WHERE status.user_id = ${ownerId}::uuid
        AND ${isLive}
    ), inserted AS (
      INSERT INTO statuses (
        id, user_id, client_status_id, payload_hash,
        type, text, background, media_id, audience_mode)
      SELECT
        ${v7()}::uuid, ${ownerId}::uuid, ${clientStatusId}::uuid, ${payloadHash},
        ${type}, ${text}, ${background}, ${mediaId}::uuid, ${audienceMode}
      FROM live
      WHERE live.count < ${maxLive}
      ON CONFLICT (user_id, client_status_id) DO NOTHING
      RETURNING id, user_id, expires_at
    ), audience AS (
      INSERT INTO status_audience (viewer_id, status_id, owner_id, expires_at)
      SELECT viewer.id, inserted.id, inserted.user_id, inserted.expires_at
      FROM inserted
      CROSS JOIN (${selectAudience(ownerId, audienceMode, status.audience?.userIds)}) viewer
      RETURNING viewer_id
    )
    SELECT
      (SELECT id FROM inserted) AS id,
      (SELECT count FROM live) AS "liveCount",
      ARRAY(SELECT viewer_id FROM audience) AS "viewerIds"`;
  return row!;
};

/** Selects the contacts of the owner whom the mode admits and between whom there is no block. */
const selectAudience = (ownerId: string, mode: string, userIds: string[] | undefined) => Prisma.sql`
  SELECT DISTINCT contact.user_id AS id
  FROM contacts contact
  WHERE contact.owner_id = ${ownerId}::uuid
    AND contact.user_id <> contact.owner_id
    AND ${isAdmitted(ownerId, mode, userIds)}
    AND NOT ${blockBetween(Prisma.sql`contact.owner_id`, Prisma.sql`contact.user_id`)}
    AND NOT EXISTS (
      SELECT FROM user_state state
      WHERE state.user_id = contact.user_id
        AND state.deleted_at IS NOT NULL)`;

/** Expects aliases: contact. */
const isAdmitted = (ownerId: string, mode: string, userIds: string[] | undefined) => {
  if (mode === 'contacts') return Prisma.sql`true`;
  const named = userIds
    ? Prisma.sql`SELECT unnest(${userIds}::uuid[])`
    : Prisma.sql`
        SELECT exception.other_id
        FROM privacy_exceptions exception
        WHERE exception.user_id = ${ownerId}::uuid
          AND exception.field = 'status'`;
  return mode === 'only'
    ? Prisma.sql`contact.user_id IN (${named})`
    : Prisma.sql`contact.user_id NOT IN (${named})`;
};
