import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';

export const listSessions = async ({ db }: Pick<Deps, 'db'>, { userId, sessionId }: Actor) => {
  const rows = await db.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: new Date() } },
    orderBy: [{ lastUsedAt: 'desc' }, { id: 'asc' }],
  });
  const items = rows.map((row) => ({
    id: row.id,
    deviceId: row.deviceId,
    platform: row.platform,
    model: row.model,
    appVersion: row.appVersion,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    current: row.id === sessionId,
  }));
  return { items, nextCursor: null };
};
