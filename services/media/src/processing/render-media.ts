import { buffer } from 'node:stream/consumers';
import type { Media, Prisma } from '@taar/db';
import type { Deps } from '../deps.ts';
import { kindOf, typeNotAllowed } from '../files/kinds.ts';
import { type Variant, newKey } from '../storage/keys.ts';
import { isInstalled, probeVideo } from './probe-video.ts';
import {
  type Rendered,
  type Thumbnails,
  blurhashOf,
  renderOriginal,
  renderThumbnails,
} from './render-picture.ts';
import { withTemporaryFile } from './with-temporary-file.ts';

type Needs = Pick<Deps, 'storage' | 'config' | 'logger'>;
type Changes = Prisma.MediaUpdateManyMutationInput;

/** Makes the served files of an uploaded media; returns the changes of its row. */
export const renderMedia = async (deps: Needs, media: Media): Promise<Changes> => {
  const kind = kindOf(media.mimeType);
  if (kind === 'document') return {};
  return kind === 'image' ? renderImage(deps, media) : renderRecording(deps, media);
};

const renderImage = async (deps: Needs, media: Media): Promise<Changes> => {
  const uploaded = await buffer(await readOrThrow(deps, media));
  const original = await renderOriginal(uploaded, media.mimeType, deps.config.MAX_PIXELS);
  const { key, mimeType, sizeBytes } = await store(deps, media, original);
  return {
    bucketKey: key,
    mimeType,
    sizeBytes,
    width: original.width,
    height: original.height,
    ...(await renderPreviews(deps, media, original.file)),
  };
};

/** Video and audio files are served as uploaded; ffmpeg reads their duration, size and poster. */
const renderRecording = async (deps: Needs, media: Media): Promise<Changes> => {
  const { config, logger } = deps;
  if (!(await isInstalled(config.FFPROBE))) return {};
  const { poster, ...facts } = await withTemporaryFile(await readOrThrow(deps, media), (path) =>
    probeVideo(config, logger, path, media.mimeType),
  );
  return { ...facts, ...(poster && (await renderPreviews(deps, media, poster))) };
};

const readOrThrow = async ({ storage }: Needs, { bucketKey }: Media) => {
  const file = await storage.read(bucketKey);
  if (!file) throw typeNotAllowed();
  return file;
};

const renderPreviews = async (deps: Needs, media: Media, picture: Buffer): Promise<Changes> => {
  const { MAX_PIXELS } = deps.config;
  const thumbnails = await renderThumbnails(picture, MAX_PIXELS);
  return {
    blurhash: await blurhashOf(thumbnails.tiny.file, MAX_PIXELS),
    variants: await storeThumbnails(deps, media, thumbnails),
  };
};

const storeThumbnails = async (deps: Needs, media: Media, thumbnails: Thumbnails) => {
  const stored: Record<string, Variant> = {};
  for (const [name, rendered] of Object.entries(thumbnails))
    stored[name] = await store(deps, media, rendered);
  return stored;
};

const store = async ({ storage }: Needs, { id }: Media, { file, mimeType }: Rendered) => {
  const key = newKey(id);
  await storage.put(key, file, { mimeType, fileName: null });
  return { key, mimeType, sizeBytes: file.length };
};
