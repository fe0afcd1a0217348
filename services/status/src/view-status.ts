import type { Input, statusRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';
import { isViewShown, isVisible } from './queries.ts';

type View = { ownerId: string; isFirst: boolean; isShown: boolean; viewedAt: Date };

/** Records the caller's view. A view of the caller's status succeeds and is not recorded. */
export const viewStatus = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  { statusId }: Input<typeof statusRest.viewStatus>,
) => {
  const view = await recordView(db, userId, statusId);
  if (!view) {
    const own = await db.status.findFirst({
      where: { id: statusId, userId },
      select: { id: true },
    });
    if (own) return;
    throw new AppError('status_not_found', 'There is no such status.');
  }
  if (!view.isFirst) return;
  // The viewer's other devices always learn of the view, the owner only if both share receipts.
  publish(
    'status_viewed',
    { users: view.isShown ? [userId, view.ownerId] : [userId] },
    { statusId, viewerId: userId, viewedAt: view.viewedAt.toISOString() },
  );
};

/** Undefined if the viewer may not see the status. */
const recordView = async (db: Deps['db'], viewer: string, statusId: string) => {
  const [row] = await db.$queryRaw<View[]>`
    WITH visible AS (
      SELECT status.id, status.user_id
      FROM status_audience audience
      JOIN statuses status ON status.id = audience.status_id
      WHERE audience.status_id = ${statusId}::uuid
        AND audience.viewer_id = ${viewer}::uuid
        AND ${isVisible(viewer)}
    ), inserted AS (
      INSERT INTO status_views (status_id, viewer_id)
      SELECT visible.id, ${viewer}::uuid
      FROM visible
      ON CONFLICT DO NOTHING
      RETURNING viewer_id, viewed_at
    )
    SELECT
      status.user_id AS "ownerId",
      view.viewer_id IS NOT NULL AS "isFirst",
      view.viewer_id IS NOT NULL AND ${isViewShown} AS "isShown",
      coalesce(view.viewed_at, now()) AS "viewedAt"
    FROM visible status
    LEFT JOIN inserted view ON true`;
  return row;
};
