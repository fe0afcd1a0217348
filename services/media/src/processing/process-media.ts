import type { Media } from '@taar/db';
import type { Job } from '@taar/runtime/outbox/job';
import { toMediaRef } from '@taar/domain/media';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { keysOf, prefixOf } from '../storage/keys.ts';
import { renderMedia } from './render-media.ts';

type Needs = Pick<Deps, 'db' | 'storage' | 'config' | 'logger' | 'publish'>;

/** The job handler that renders an uploaded media and emits `media_ready` to its owner. */
export const processMedia = (deps: Needs) => ({
  handle: async ({ key: id }: Job) => {
    const media = await deps.db.media.findUnique({ where: { id } });
    if (media?.state === 'processing')
      try {
        await renderAndStore(deps, media);
      } catch (error) {
        if (!isFinal(error)) throw error;
        return fail(deps, id);
      }
    return publishResult(deps, id);
  },
  onDeadLetter: ({ key: id }: Job) => fail(deps, id),
});

const renderAndStore = async (deps: Needs, media: Media) => {
  const changes = await renderMedia(deps, media);
  await deps.db.media.updateMany({
    where: { id: media.id, state: 'processing' },
    data: { ...changes, state: 'ready', readyAt: new Date() },
  });
};

const fail = async (deps: Needs, id: string) => {
  await deps.db.media.updateMany({ where: { id, state: 'processing' }, data: { state: 'failed' } });
  await publishResult(deps, id);
};

/** Removes the objects of attempts that were cut short, then emits the state of the media. */
const publishResult = async ({ db, storage, publish }: Needs, id: string) => {
  const media = await db.media.findUnique({ where: { id } });
  const isKept = media && !media.deletedAt && media.state !== 'failed';
  await storage.remove(prefixOf(id), isKept ? keysOf(media) : []);
  if (media && !media.deletedAt)
    publish('media_ready', { users: [media.ownerId] }, { media: toMediaRef(media) });
};

/** A rejected file is rejected again by every retry; an unavailable storage may come back. */
const isFinal = (error: unknown) =>
  error instanceof AppError && error.code !== 'dependency_unavailable';
