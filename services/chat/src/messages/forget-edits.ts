import type { Deps } from '../deps.ts';

const everyMs = 60 * 60 * 1_000;
const batch = 5_000;

/** What a message said before an edit serves whoever looks into a report; after 30 days nobody. */
export const forgetEdits = async ({ db }: Pick<Deps, 'db'>): Promise<void> => {
  for (let removed = batch; removed === batch;)
    removed = await db.$executeRaw`
      DELETE FROM message_edits WHERE (message_id, version) IN (
        SELECT message_id, version FROM message_edits
        WHERE edited_at < now() - interval '30 days' LIMIT ${batch}::int)`;
};

export const startForgettingEdits = (deps: Pick<Deps, 'db' | 'logger'>) => {
  const timer = setInterval(() => {
    forgetEdits(deps).catch((error: unknown) =>
      deps.logger.warn('old edits were not dropped', { error }),
    );
  }, everyMs);
  return () => clearInterval(timer);
};
