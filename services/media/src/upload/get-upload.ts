import type { Input, Output, mediaRest } from '@taar/contracts';
import { toMediaRef } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { findOwnUploadOrThrow } from './own-upload.ts';
import { targetOf } from './target.ts';

type GetUpload = typeof mediaRest.getUpload;

export const getUpload = async (
  deps: Pick<Deps, 'db' | 'storage' | 'config'>,
  { userId }: Actor,
  { mediaId }: Input<GetUpload>,
): Promise<Output<GetUpload>> => {
  const media = await findOwnUploadOrThrow(deps, userId, mediaId);
  const upload = media.state === 'pending' ? { upload: await targetOf(deps, media) } : {};
  return { media: toMediaRef(media), ...upload };
};
