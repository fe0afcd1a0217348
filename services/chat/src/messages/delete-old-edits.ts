import { repeat } from '@taar/kit/repeat';
import type { Deps } from '../deps.ts';

const everyMs = 60 * 60 * 1_000;
const batch = 5_000;

export const startDeletingOldEdits = (deps: Pick<Deps, 'db' | 'logger'>) =>
  repeat({
    everyMs,
    work: (signal) => deleteOldEdits(deps, signal),
    onError: (error) => deps.logger.warn('Old edits could not be deleted.', { error }),
  });

/** Operators who look into reports find the text before an edit for 30 days. */
export const deleteOldEdits = async (
  { db }: Pick<Deps, 'db'>,
  signal?: AbortSignal,
): Promise<void> => {
  for (let removed = batch; removed === batch && !signal?.aborted;)
    removed = await db.$executeRaw`
      DELETE FROM message_edits
      WHERE (message_id, version) IN (
        SELECT message_id, version
        FROM message_edits
        WHERE edited_at < now() - interval '30 days'
        LIMIT ${batch}::int)`;
};
