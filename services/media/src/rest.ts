import { mediaRest } from '@taar/contracts';
import { restRouter } from '@taar/kit/rest';
import { deleteMedia } from './delete-media.ts';
import type { Deps } from './deps.ts';
import { receiveUpload } from './receive-upload.ts';
import { redirectToMedia } from './redirect-to-media.ts';
import { completeUpload } from './upload/complete-upload.ts';
import { getUpload } from './upload/get-upload.ts';

export const rest = (deps: Deps) =>
  restRouter(deps, mediaRest, {
    uploadMedia: receiveUpload,
    getUpload,
    completeUpload,
    getMedia: redirectToMedia,
    deleteMedia,
  });
