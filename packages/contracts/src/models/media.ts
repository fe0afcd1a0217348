import { type Infer, named, natural, object, oneOf, optional, text, uuid } from '../schema.ts';

/** The stable relative path of a media, `/media/{id}`; never a signed URL. */
export const mediaPath = () => text(500, 1);

export const mediaState = () => oneOf('pending', 'processing', 'ready', 'failed', 'deleted');
export const mediaRef = named(
  'MediaRef',
  object({
    id: uuid(),
    url: mediaPath(),
    mimeType: text(127),
    sizeBytes: natural(),
    width: optional(natural()),
    height: optional(natural()),
    durationMs: optional(natural()),
    blurhash: optional(text(200)),
    thumbnailUrl: optional(mediaPath()),
    fileName: optional(text(255)),
    state: mediaState(),
  }),
);
export type MediaRef = Infer<typeof mediaRef>;
