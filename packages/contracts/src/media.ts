import { mediaRef } from './models/media.ts';
import { createdOrReplayed, operation } from './operation.ts';
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

/** Properties of the file that the server may be unable to find out. */
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
 * Where to send the bytes: to `url` in one request, or to each of `parts` in one request, with
 * `partBytes` bytes in all but the last. The signatures cover `headers`: send them unchanged.
 */
export const uploadTarget = named(
  'UploadTarget',
  object({
    method: constant('PUT'),
    url: optional(text(4_096)),
    headers: anyObject(),
    partBytes: optional(natural()),
    parts: optional(list(object({ partNumber: natural(), url: text(4_096) }))),
    /** Parts that the storage has; `parts` are the missing ones. */
    arrived: optional(list(object({ partNumber: natural(), sizeBytes: natural() }))),
    expiresAt: time(),
  }),
);
export type UploadTarget = Infer<typeof uploadTarget>;

const upload = object({ media: mediaRef, upload: optional(uploadTarget) });
const uploadErrors = ['payload_too_large', 'media_type_not_allowed'] as const;

export const mediaRest = {
  uploadMedia: operation({
    method: 'post',
    path: '/media/upload',
    summary: 'Upload a file as a form, or get an address to upload it to the storage directly',
    auth: 'user',
    limit: 'uploadMedia',
    raw: true,
    bodies: { 'multipart/form-data': uploadForm, 'application/json': startUpload },
    input: object({}),
    output: upload,
    outcomes: createdOrReplayed,
    errors: uploadErrors,
  }),
  getUpload: operation({
    method: 'get',
    path: '/media/:mediaId/upload',
    summary: 'Get the state of an upload, and where to send the rest of it',
    auth: 'user',
    limit: 'read',
    input: object({ mediaId: uuid() }),
    output: upload,
    errors: ['media_not_found', 'upload_expired', 'gone'],
  }),
  completeUpload: operation({
    method: 'post',
    path: '/media/:mediaId/complete',
    summary:
      'Complete an upload whose bytes are all in the storage: the server checks and processes it',
    auth: 'user',
    limit: 'write',
    input: object({ mediaId: uuid() }),
    output: object({ media: mediaRef }),
    errors: [...uploadErrors, 'media_not_found', 'upload_expired', 'conflict', 'gone'],
  }),
  getMedia: operation({
    method: 'get',
    path: '/media/:mediaId',
    summary:
      'Redirect to the file of a media, or answer its address as JSON; valid for five minutes',
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
    summary: 'Delete a media of the caller everywhere it is used',
    auth: 'user',
    limit: 'write',
    input: object({ mediaId: uuid() }),
    output: null,
    errors: ['media_not_found'],
  }),
};
