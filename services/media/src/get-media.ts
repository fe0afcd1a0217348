import type { Input, Output, mediaRest } from '@taar/contracts';
import type { Media } from '@taar/db';
import { mayFetch, toMediaRef } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';
import { variantsOf } from './processing/keys.ts';
import type { Method } from './storage/sign.ts';

type GetMedia = typeof mediaRest.getMedia;
type Described = Omit<Output<GetMedia>, 'outcome'> extends { body: infer B } ? B : never;

const urlLastsMs = 5 * 60 * 1_000;
const notFound = () => new AppError('media_not_found', 'No such media.');

const assertReady = ({ state, deletedAt }: Media) => {
  if (deletedAt) throw new AppError('gone', 'The media is no longer available.');
  if (state === 'failed') throw new AppError('gone', 'The media could not be read.');
  if (state !== 'ready')
    throw new AppError('media_not_ready', 'Still being processed.', { retryAfterMs: 1_000 });
};

/** Where a media can be fetched for some minutes, by whoever may see it at this moment. */
export const getMedia = async (
  { db, storage, exists }: Pick<Deps, 'db' | 'storage' | 'exists'>,
  { userId }: Actor,
  { mediaId, variant = 'original' }: Input<GetMedia>,
  method: Method,
): Promise<Described> => {
  const media = await db.media.findUnique({ where: { id: mediaId } });
  if (!media || !(await mayFetch(db, userId, media))) throw notFound();
  assertReady(media);
  const key = variant === 'original' ? media.bucketKey : variantsOf(media)[variant]?.key;
  if (!key || !(await exists(key))) throw notFound();
  const expiresAt = new Date(Date.now() + urlLastsMs);
  return {
    media: toMediaRef(media),
    url: await storage.signRead(key, method, expiresAt),
    expiresAt: expiresAt.toISOString(),
  };
};
