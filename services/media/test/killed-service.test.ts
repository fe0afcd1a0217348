import { expect, test } from '@jest/globals';
import { aVideo } from './files.ts';
import { startProcess } from './process.ts';
import { beginUpload } from './raw-upload.ts';
import { startMedia } from './start.ts';
import { until } from './until.ts';

const { admin, bucket, env, aPerson } = await startMedia();

test('the next service removes what a service left that was killed during an upload', async () => {
  const asha = await aPerson();
  const dying = await startProcess('src/main.ts', env);
  const sending = await beginUpload(dying.url, asha, aVideo(12_000_000));
  await sending.send(0, 11_000_000);
  await until(async () => (await bucket.uploads()).length > 0);
  await dying.kill();
  const [media] = await admin.media.findMany({ where: { ownerId: asha.userId } });
  expect(media).toMatchObject({ state: 'pending' });

  await admin.outbox.updateMany({ where: { key: media!.id }, data: { availableAt: new Date(0) } });
  await until(async () => (await bucket.uploads()).length === 0);
  await until(async () => (await admin.media.count({ where: { id: media!.id } })) === 0);
  expect(await bucket.objects(`m/${media!.id}/`)).toEqual([]);
});
