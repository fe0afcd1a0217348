import { buffer } from 'node:stream/consumers';
import type { Media } from '@taar/db';
import type { Deps } from '../deps.ts';
import { kindOf, notAllowed } from '../kinds.ts';
import { assertPicture } from '../picture.ts';

type Needs = Pick<Deps, 'storage' | 'config' | 'inspecting'>;

/** A picture is looked at as a whole before anybody is told that it was taken. */
export const assertPictureIn = async (
  { storage, config, inspecting }: Needs,
  { bucketKey, mimeType }: Pick<Media, 'bucketKey' | 'mimeType'>,
) => {
  if (kindOf(mimeType) !== 'image') return;
  // Few at once: each is in memory for as long.
  await inspecting(async () => {
    const file = await storage.read(bucketKey);
    if (!file) throw notAllowed();
    await assertPicture(await buffer(file), config.MAX_PIXELS);
  });
};
