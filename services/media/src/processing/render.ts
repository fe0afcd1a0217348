import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Media, Prisma } from '@taar/db';
import type { Deps } from '../deps.ts';
import { type Kind, kindOf, notAllowed } from '../kinds.ts';
import { isInstalled, lookInto } from './film.ts';
import {
  type Rendered,
  type Thumbnails,
  blurhashOf,
  renderOriginal,
  renderThumbnails,
} from './render-picture.ts';
import { prefixOf } from './topics.ts';
import { withFile } from './with-file.ts';

type Needs = Pick<Deps, 'storage' | 'config' | 'logger'>;
export type Variant = { key: string; mimeType: string; sizeBytes: number };
type Changes = Prisma.MediaUpdateManyMutationInput;

const readOrThrow = async ({ storage }: Needs, { bucketKey }: Media) => {
  const file = await storage.read(bucketKey);
  if (!file) throw notAllowed();
  return file;
};

const store = async ({ storage }: Needs, { id }: Media, { file, mimeType }: Rendered) => {
  const key = `${prefixOf(id)}${randomUUID()}`;
  await storage.put(key, file, { mimeType, fileName: null });
  return { key, mimeType, sizeBytes: file.length };
};

const storeThumbnails = async (deps: Needs, media: Media, thumbnails: Thumbnails) => {
  const stored: Record<string, Variant> = {};
  for (const [name, rendered] of Object.entries(thumbnails))
    stored[name] = await store(deps, media, rendered);
  return stored;
};

/** Small pictures and the blur of a large one. */
const decorate = async (deps: Needs, media: Media, picture: Buffer): Promise<Changes> => {
  const { MAX_PIXELS } = deps.config;
  const thumbnails = await renderThumbnails(picture, MAX_PIXELS);
  return {
    blurhash: await blurhashOf(thumbnails.tiny.file, MAX_PIXELS),
    variants: await storeThumbnails(deps, media, thumbnails),
  };
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
    ...(await decorate(deps, media, original.file)),
  };
};

const renderFilm = async (deps: Needs, media: Media): Promise<Changes> => {
  const { config, logger } = deps;
  if (!(await isInstalled(config.FFPROBE))) return {};
  const { poster, ...film } = await withFile(await readOrThrow(deps, media), (path) =>
    lookInto(config, logger, path, media.mimeType),
  );
  return { ...film, ...(poster && (await decorate(deps, media, poster))) };
};

const renderers: Record<Kind, (deps: Needs, media: Media) => Promise<Changes>> = {
  image: renderImage,
  video: renderFilm,
  audio: renderFilm,
  document: async () => ({}),
};

/** Makes of an upload what is handed out; answers what the row then says. */
export const render = (deps: Needs, media: Media) => renderers[kindOf(media.mimeType)](deps, media);
