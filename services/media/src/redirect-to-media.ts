import type { Input, mediaRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Exchange } from '@taar/kit/rest';
import type { Deps } from './deps.ts';
import { getMedia } from './get-media.ts';

const oneRange = /^bytes=(\d+-\d*|-\d+)$/;

/** The range itself is served where the redirect leads; one that asks for many is a trap for it. */
const assertRange = (range: string | undefined) => {
  if (range !== undefined && !oneRange.test(range.replaceAll(' ', '')))
    throw new AppError('range_not_satisfiable', 'Ask for one range of bytes.');
};

export const redirectToMedia = async (
  deps: Deps,
  actor: Actor,
  input: Input<typeof mediaRest.getMedia>,
  { req, res }: Exchange,
) => {
  assertRange(req.get('range'));
  const media = await getMedia(deps, actor, input, req.method === 'HEAD' ? 'HEAD' : 'GET');
  res.set({ 'Cache-Control': 'private, no-store', Vary: 'Accept' });
  if (req.get('accept')?.includes('application/json')) res.json(media);
  else res.status(302).set('Location', media.url).end();
};
