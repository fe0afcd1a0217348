import { mediaRest } from '@taar/contracts';
import { restRouter } from '@taar/kit/rest';
import { deleteMedia } from './delete-media.ts';
import type { Deps } from './deps.ts';
import { getMedia } from './get-media.ts';
import { completeUpload } from './upload/complete-upload.ts';
import { getUpload } from './upload/get-upload.ts';
import { uploadMedia } from './upload/upload-media.ts';

export const rest = (deps: Deps) =>
  restRouter(deps, mediaRest, { uploadMedia, getUpload, completeUpload, getMedia, deleteMedia });
