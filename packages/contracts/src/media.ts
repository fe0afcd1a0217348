import { mediaRef } from './models/media.ts';
import { operation } from './operation.ts';
import {
  type Infer,
  anyObject,
  constant,
  file,
  integer,
  list,
  named,
  natural,
  object,
  oneOf,
  optional,
  pattern,
  text,
  time,
  uuid,
} from './schema.ts';

const purpose = () => oneOf('message', 'avatar', 'status', 'group_avatar');
const maxPixels = 100_000;
const maxDurationMs = 24 * 60 * 60 * 1_000;

/** What the client knows of the file and the server may be unable to find out. */
const hints = {
  width: optional(integer(1, maxPixels)),
  height: optional(integer(1, maxPixels)),
  durationMs: optional(integer(0, maxDurationMs)),
};

export const uploadFields = object({ purpose: purpose() });
const uploadForm = named('UploadForm', object({ file: file(), purpose: purpose() }));

export const startUpload = named(
  'StartUpload',
  object({
    fileName: text(255, 1),
    mimeType: text(127, 1),
    sizeBytes: integer(1, Number.MAX_SAFE_INTEGER),
    sha256: pattern(/^[0-9a-f]{64}$/, 'sha256'),
    purpose: purpose(),
    ...hints,
  }),
);
export type StartUpload = Infer<typeof startUpload>;

/**
 * Where the bytes go: to `url` in one request, or to `parts` in one request each, of `partBytes`
 * bytes but for the last. Send `headers` with each as they stand; the signatures cover them.
 */
export const uploadTarget = named(
  'UploadTarget',
  object({
    method: constant('PUT'),
    url: optional(text(4_096)),
    headers: anyObject(),
    partBytes: optional(natural()),
    parts: optional(list(object({ partNumber: natural(), url: text(4_096) }))),
    /** Parts that have arrived; `parts` are the others. */
    arrived: optional(list(object({ partNumber: natural(), sizeBytes: natural() }))),
    expiresAt: time(),
  }),
);
export type UploadTarget = Infer<typeof uploadTarget>;

const upload = object({ media: mediaRef, upload: optional(uploadTarget) });
const refused = ['payload_too_large', 'media_type_not_allowed'] as const;

export const mediaRest = {
  uploadMedia: operation({
    method: 'post',
    path: '/media/upload',
    summary: 'Send a file as a form, or ask where to send it to the storage directly',
    auth: 'user',
    limit: 'uploadMedia',
    raw: true,
    bodies: { 'multipart/form-data': uploadForm, 'application/json': startUpload },
    input: object({}),
    output: upload,
    outcomes: {
      created: { status: 201 },
      replayed: { status: 200, headers: { 'Idempotent-Replayed': 'true' } },
    },
    errors: refused,
  }),
  getUpload: operation({
    method: 'get',
    path: '/media/:mediaId/upload',
    summary: 'What arrived of an upload of mine, and where to send the rest',
    auth: 'user',
    limit: 'read',
    input: object({ mediaId: uuid() }),
    output: upload,
    errors: ['media_not_found', 'upload_expired', 'gone'],
  }),
  completeUpload: operation({
    method: 'post',
    path: '/media/:mediaId/complete',
    summary: 'All bytes of my upload are in the storage: check and process them',
    auth: 'user',
    limit: 'write',
    input: object({ mediaId: uuid() }),
    output: object({ media: mediaRef }),
    errors: [...refused, 'media_not_found', 'upload_expired', 'conflict', 'gone'],
  }),
  getMedia: operation({
    method: 'get',
    path: '/media/:mediaId',
    summary: 'Redirect to where the media lies, or say so as JSON; good for five minutes',
    auth: 'user',
    limit: 'read',
    raw: true,
    input: object({
      mediaId: uuid(),
      variant: optional(oneOf('original', 'preview', 'thumb', 'tiny')),
    }),
    output: object({ media: mediaRef, url: text(4_096), expiresAt: time() }),
    outcomes: { redirected: { status: 302, empty: true }, described: { status: 200 } },
    errors: ['media_not_found', 'media_not_ready', 'gone', 'range_not_satisfiable'],
  }),
  deleteMedia: operation({
    method: 'delete',
    path: '/media/:mediaId',
    summary: 'Delete a media of mine, wherever it is used',
    auth: 'user',
    limit: 'write',
    input: object({ mediaId: uuid() }),
    output: null,
    errors: ['media_not_found'],
  }),
};
