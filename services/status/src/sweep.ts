import { repeat } from '@taar/kit/repeat';
import type { Deps } from './deps.ts';

const everyMs = 60_000;
const batch = 500;

/**
 * Cleans up what has been invisible for an hour; reads never depend on it. The media of a swept
 * status is no longer referenced, and the media service collects it as an orphan.
 */
export const sweepStatuses = async ({ db }: Pick<Deps, 'db'>): Promise<number> =>
  db.$executeRaw`
    DELETE FROM statuses WHERE id IN (
      SELECT id FROM statuses
      WHERE least(expires_at, coalesce(deleted_at, expires_at)) < clock_timestamp() - interval '1 hour'
      ORDER BY expires_at LIMIT ${batch}::int FOR UPDATE SKIP LOCKED)`;

export const startSweeper = (deps: Pick<Deps, 'db' | 'logger'>) =>
  repeat({
    everyMs,
    work: () => sweepStatuses(deps),
    onError: (error) => deps.logger.warn('Old statuses could not be removed.', { error }),
  });
