import type { Input, Output, mediaRest } from '@taar/contracts';
import { mayFetch, toMediaRef } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';

const seconds = 300;
type GetMedia = typeof mediaRest.getMedia;

export const getMedia = async (
  { db, storage }: Pick<Deps, 'db' | 'storage'>,
  { userId }: Actor,
  { mediaId }: Input<GetMedia>,
): Promise<Output<GetMedia>> => {
  const media = await db.media.findUnique({ where: { id: mediaId } });
  if (!media || !(await mayFetch(db, userId, media)))
    throw new AppError('media_not_found', 'No such media.');
  if (media.deletedAt) throw new AppError('gone', 'The media was deleted.');
  if (media.state !== 'ready')
    throw new AppError('media_not_ready', 'Still being processed.', { retryAfterMs: 1_000 });
  return {
    media: toMediaRef(media),
    url: await storage.signGet(media.bucketKey, seconds),
    expiresAt: new Date(Date.now() + seconds * 1_000).toISOString(),
  };
};
