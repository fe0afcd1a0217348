import type { Input, Output, mediaRest } from '@taar/contracts';
import type { Media } from '@taar/db';
import { mayFetch, toMediaRef } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Exchange } from '@taar/kit/rest';
import type { Deps } from './deps.ts';
import { variantsOf } from './storage/keys.ts';
import type { Method } from './storage/sign.ts';

type GetMedia = typeof mediaRest.getMedia;
type Described = Omit<Output<GetMedia>, 'outcome'> extends { body: infer B } ? B : never;

const urlLifetimeMs = 5 * 60 * 1_000;
const oneRange = /^bytes=(\d+-\d*|-\d+)$/;

/**
 * Redirects to a signed URL of the file, or describes it as JSON where the client accepts JSON.
 * Answers 404 to callers who may not see the media, as if it did not exist.
 */
export const getMedia = async (
  deps: Pick<Deps, 'db' | 'storage' | 'exists'>,
  { userId }: Actor,
  input: Input<GetMedia>,
  { req, res }: Exchange,
) => {
  assertOneRange(req.get('range'));
  const described = await describe(deps, userId, input, req.method === 'HEAD' ? 'HEAD' : 'GET');
  res.set({ 'Cache-Control': 'private, no-store', Vary: 'Accept' });
  if (req.get('accept')?.includes('application/json')) res.json(described);
  else res.status(302).set('Location', described.url).end();
};

/** The storage serves the range; it would answer a list of ranges with the whole file. */
const assertOneRange = (range: string | undefined) => {
  if (range !== undefined && !oneRange.test(range.replaceAll(' ', '')))
    throw new AppError('range_not_satisfiable', 'Request a single range of bytes.');
};

const describe = async (
  { db, storage, exists }: Pick<Deps, 'db' | 'storage' | 'exists'>,
  viewer: string,
  { mediaId, variant = 'original' }: Input<GetMedia>,
  method: Method,
): Promise<Described> => {
  const media = await db.media.findUnique({ where: { id: mediaId } });
  if (!media || !(await mayFetch(db, viewer, media))) throw notFound();
  assertReady(media);
  const key = variant === 'original' ? media.bucketKey : variantsOf(media)[variant]?.key;
  if (!key || !(await exists(key))) throw notFound();
  const expiresAt = new Date(Date.now() + urlLifetimeMs);
  return {
    media: toMediaRef(media),
    url: await storage.signRead(key, method, expiresAt),
    expiresAt: expiresAt.toISOString(),
  };
};

const notFound = () => new AppError('media_not_found', 'There is no such media.');

const assertReady = ({ state, deletedAt }: Media) => {
  if (deletedAt) throw new AppError('gone', 'The media was deleted.');
  if (state === 'failed') throw new AppError('gone', 'The file of the media could not be read.');
  if (state !== 'ready')
    throw new AppError('media_not_ready', 'The media is still being processed.', {
      retryAfterMs: 1_000,
    });
};
