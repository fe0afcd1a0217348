import { repeat } from '@taar/kit/repeat';
import type { Deps } from './deps.ts';

const everyMs = 60_000;
const batchSize = 500;

/** Removes old statuses every minute; returns a function that ends this. */
export const startRemovingOldStatuses = (deps: Pick<Deps, 'db' | 'logger'>) =>
  repeat({
    everyMs,
    work: () => removeOldStatuses(deps),
    onError: (error) => deps.logger.warn('Old statuses could not be removed.', { error }),
  });

/**
 * Removes statuses that have been invisible for an hour; no query depends on it. The media service
 * collects the media that no status uses any longer.
 */
export const removeOldStatuses = ({ db }: Pick<Deps, 'db'>): Promise<number> => db.$executeRaw`
  DELETE FROM statuses
  WHERE id IN (
    SELECT status.id
    FROM statuses status
    WHERE least(status.expires_at, coalesce(status.deleted_at, status.expires_at))
      < clock_timestamp() - interval '1 hour'
    ORDER BY status.expires_at
    LIMIT ${batchSize}::int
    FOR UPDATE SKIP LOCKED)`;
