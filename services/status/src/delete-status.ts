import type { Input, statusRest } from '@taar/contracts';
import { collectMediaTopic } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';

type Deleted = { wasDeleted: boolean; viewerIds: string[] };

/** Deletes a status of the caller; a repeated call succeeds and emits nothing. */
export const deleteStatus = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  { statusId }: Input<typeof statusRest.deleteStatus>,
) => {
  const [status] = await db.$queryRaw<Deleted[]>`
    WITH found AS (
      SELECT
        status.id,
        status.media_id,
        status.deleted_at IS NOT NULL AS was_deleted
      FROM statuses status
      WHERE status.id = ${statusId}::uuid
        AND status.user_id = ${userId}::uuid
      FOR UPDATE
    ), deleted AS (
      UPDATE statuses status
      SET deleted_at = clock_timestamp()
      FROM found
      WHERE status.id = found.id
        AND NOT found.was_deleted
    ), released AS (
      INSERT INTO outbox (topic, key)
      SELECT ${collectMediaTopic}, found.media_id
      FROM found
      WHERE NOT found.was_deleted
        AND found.media_id IS NOT NULL
    )
    SELECT
      found.was_deleted AS "wasDeleted",
      ARRAY(
        SELECT audience.viewer_id
        FROM status_audience audience
        WHERE audience.status_id = found.id
      ) AS "viewerIds"
    FROM found`;
  if (!status) throw new AppError('status_not_found', 'You have no status with this id.');
  if (!status.wasDeleted)
    publish('status_removed', { users: [userId, ...status.viewerIds] }, { statusId, userId });
};
