import { buffer } from 'node:stream/consumers';
import type { Media } from '@taar/db';
import type { Deps } from '../deps.ts';
import { kindOf, typeNotAllowed } from '../files/kinds.ts';
import { assertPicture } from '../files/picture.ts';

type Needs = Pick<Deps, 'storage' | 'config' | 'pictureSlots'>;

/** Decodes an uploaded picture from the bucket before the upload is accepted. */
export const assertStoredPicture = async (
  { storage, config, pictureSlots }: Needs,
  { bucketKey, mimeType }: Pick<Media, 'bucketKey' | 'mimeType'>,
) => {
  if (kindOf(mimeType) !== 'image') return;
  await pictureSlots.run(async () => {
    const file = await storage.read(bucketKey);
    if (!file) throw typeNotAllowed();
    await assertPicture(await buffer(file), config.MAX_PIXELS);
  });
};
