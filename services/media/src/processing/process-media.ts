import type { Media } from '@taar/db';
import type { Job } from '@taar/runtime/jobs';
import { toMediaRef } from '@taar/domain/media';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { keysOf } from './keys.ts';
import { render } from './render.ts';
import { prefixOf } from './topics.ts';

type Needs = Pick<Deps, 'db' | 'storage' | 'config' | 'logger' | 'publish'>;

/** Keeps only what the row names: attempts that died half way left files of their own. */
const settle = async ({ db, storage, publish }: Needs, id: string) => {
  const media = await db.media.findUnique({ where: { id } });
  const isThere = media && !media.deletedAt && media.state !== 'failed';
  await storage.remove(prefixOf(id), isThere ? keysOf(media) : []);
  if (media && !media.deletedAt)
    publish('media_ready', { users: [media.ownerId] }, { media: toMediaRef(media) });
};

const fail = async (deps: Needs, id: string) => {
  await deps.db.media.updateMany({ where: { id, state: 'processing' }, data: { state: 'failed' } });
  await settle(deps, id);
};

// A refusal of ours stays the same however often one tries.
const isFinal = (error: unknown) =>
  error instanceof AppError && error.code !== 'dependency_unavailable';

const renderInto = async (deps: Needs, media: Media) => {
  const changes = await render(deps, media);
  await deps.db.media.updateMany({
    where: { id: media.id, state: 'processing' },
    data: { ...changes, state: 'ready', readyAt: new Date() },
  });
};

export const processMedia = (deps: Needs) => ({
  perform: async ({ key: id }: Job) => {
    const media = await deps.db.media.findUnique({ where: { id } });
    if (media?.state === 'processing')
      try {
        await renderInto(deps, media);
      } catch (error) {
        if (!isFinal(error)) throw error;
        return fail(deps, id);
      }
    return settle(deps, id);
  },
  giveUp: ({ key: id }: Job) => fail(deps, id),
});
