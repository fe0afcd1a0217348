import type { Input, statusRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';
import { isVisible, shownView } from './queries.ts';

export const viewStatus = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  { statusId }: Input<typeof statusRest.viewStatus>,
) => {
  const [view] = await db.$queryRaw<{ owner: string; first: boolean; shown: boolean; at: Date }[]>`
    WITH allowed AS (
      SELECT s.id, s.user_id FROM status_audience a JOIN statuses s ON s.id = a.status_id
      WHERE a.status_id = ${statusId}::uuid AND a.viewer_id = ${userId}::uuid AND ${isVisible(userId)}
    ), viewed AS (
      INSERT INTO status_views (status_id, viewer_id) SELECT id, ${userId}::uuid FROM allowed
      ON CONFLICT DO NOTHING RETURNING status_id, viewer_id, viewed_at
    )
    SELECT s.user_id AS owner, v.viewer_id IS NOT NULL AS first, coalesce(v.viewed_at, now()) AS at,
      v.viewer_id IS NOT NULL AND ${shownView} AS shown
    FROM allowed s LEFT JOIN viewed v ON true`;
  if (!view) {
    const own = await db.status.findFirst({
      where: { id: statusId, userId },
      select: { id: true },
    });
    if (own) return;
    throw new AppError('status_not_found', 'No such status.');
  }
  if (!view.first) return;
  // The own other devices show it as viewed; the owner is told only where both share receipts.
  const seen = { statusId, viewerId: userId, viewedAt: view.at.toISOString() };
  publish('status_viewed', { users: view.shown ? [userId, view.owner] : [userId] }, seen);
};
