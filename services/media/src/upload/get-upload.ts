import type { Input, Output, mediaRest } from '@taar/contracts';
import { toMediaRef } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { findOwnUploadOrThrow } from './own-upload.ts';
import { uploadTargetOf } from './upload-target.ts';

type GetUpload = typeof mediaRest.getUpload;

/** The state of an upload of the caller; while it is pending, where the missing bytes go. */
export const getUpload = async (
  deps: Pick<Deps, 'db' | 'storage' | 'config'>,
  { userId }: Actor,
  { mediaId }: Input<GetUpload>,
): Promise<Output<GetUpload>> => {
  const media = await findOwnUploadOrThrow(deps, userId, mediaId);
  const upload = media.state === 'pending' ? { upload: await uploadTargetOf(deps, media) } : {};
  return { media: toMediaRef(media), ...upload };
};
