import type { StartUpload } from '@taar/contracts';
import { AppError } from '@taar/kit/errors';
import type { Config } from '../config.ts';

export type Kind = 'image' | 'video' | 'audio' | 'document';
export type Purpose = StartUpload['purpose'];

/** Every type that is accepted. Types that browsers execute or that cannot be inspected are not. */
const types: Record<Kind, string[]> = {
  image: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'],
  video: ['video/mp4', 'video/quicktime', 'video/webm', 'video/3gpp', 'video/x-m4v'],
  audio: [
    'audio/aac',
    'audio/amr',
    'audio/flac',
    'audio/m4a',
    'audio/mp4',
    'audio/mpeg',
    'audio/ogg',
    'audio/wav',
    'audio/webm',
    'audio/x-m4a',
  ],
  document: [
    'application/epub+zip',
    'application/pdf',
    'application/rtf',
    'application/vnd.oasis.opendocument.presentation',
    'application/vnd.oasis.opendocument.spreadsheet',
    'application/vnd.oasis.opendocument.text',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/zip',
  ],
};
const kinds = new Map(
  Object.entries(types).flatMap(([kind, names]) => names.map((name) => [name, kind as Kind])),
);

const purposes: Record<Purpose, Kind[]> = {
  message: ['image', 'video', 'audio', 'document'],
  status: ['image', 'video'],
  avatar: ['image'],
  group_avatar: ['image'],
};

/** The MIME type without its parameters: `audio/ogg; codecs=opus` → `audio/ogg`. */
export const bareType = (type: string) => type.split(';')[0]!.trim().toLowerCase();

export const typeNotAllowed = () =>
  new AppError('media_type_not_allowed', 'Files of this type are not accepted.');
export const fileTooLarge = (maxBytes: number) =>
  new AppError('payload_too_large', `The file has more than ${maxBytes} bytes.`, { maxBytes });

export const findKind = (type: string): Kind | undefined => kinds.get(type);
export const kindOf = (type: string): Kind => {
  const kind = findKind(type);
  if (!kind) throw typeNotAllowed();
  return kind;
};

export const assertPurpose = (purpose: Purpose, type: string) => {
  if (!purposes[purpose].includes(kindOf(type))) throw typeNotAllowed();
};

type Limits = Pick<
  Config,
  'UPLOAD_IMAGE_BYTES' | 'UPLOAD_VIDEO_BYTES' | 'UPLOAD_AUDIO_BYTES' | 'UPLOAD_DOCUMENT_BYTES'
>;
export const maxBytesOf = (limits: Limits, kind: Kind): number =>
  ({
    image: limits.UPLOAD_IMAGE_BYTES,
    video: limits.UPLOAD_VIDEO_BYTES,
    audio: limits.UPLOAD_AUDIO_BYTES,
    document: limits.UPLOAD_DOCUMENT_BYTES,
  })[kind];
export const maxBytesOfAny = (limits: Limits) =>
  Math.max(...(Object.keys(types) as Kind[]).map((kind) => maxBytesOf(limits, kind)));
