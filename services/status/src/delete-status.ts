import type { Input, statusRest } from '@taar/contracts';
import { collectMediaTopic } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';

export const deleteStatus = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  { statusId }: Input<typeof statusRest.deleteStatus>,
) => {
  const [status] = await db.$queryRaw<{ gone: boolean; viewers: string[] }[]>`
    WITH before AS (
      SELECT s.id, s.media_id, s.deleted_at IS NOT NULL AS gone FROM statuses s
      WHERE s.id = ${statusId}::uuid AND s.user_id = ${userId}::uuid FOR UPDATE
    ), after AS (
      UPDATE statuses s SET deleted_at = clock_timestamp() FROM before
      WHERE s.id = before.id AND NOT before.gone
    ), released AS (
      INSERT INTO outbox (topic, key) SELECT ${collectMediaTopic}, media_id
      FROM before WHERE NOT gone AND media_id IS NOT NULL
    )
    SELECT before.gone, ARRAY(SELECT viewer_id FROM status_audience a WHERE a.status_id = before.id) AS viewers
    FROM before`;
  if (!status) throw new AppError('status_not_found', 'No such status.');
  if (!status.gone)
    publish('status_removed', { users: [userId, ...status.viewers] }, { statusId, userId });
};
