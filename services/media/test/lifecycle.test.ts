import { mediaRest } from '@taar/contracts';
import { aGroup, aMessage, aStatus, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { describe, expect, test } from '@jest/globals';
import { aPhoto } from './files.ts';
import { startMedia } from './start.ts';
import { until } from './until.ts';
import { get, upload } from './upload.ts';

const { admin, bucket, isReady, aPerson } = await startMedia();

const aReadyPhoto = async (owner: Person) => {
  const { body } = await upload(owner, { file: await aPhoto(100, 80) });
  return isReady(body.media.id);
};
const remove = (person: Person, mediaId: string) => person.call(mediaRest.deleteMedia, { mediaId });

/** Waits until the collect jobs of a media that are due have run. */
const collected = (mediaId: string) =>
  until(async () => {
    const due = { key: mediaId, topic: 'media_collect', availableAt: { lte: new Date() } };
    return (await admin.outbox.count({ where: { ...due, doneAt: null } })) === 0;
  });

const dayLater = async (mediaId: string) => {
  await admin.outbox.updateMany({
    where: { key: mediaId, topic: 'media_collect', doneAt: null },
    data: { availableAt: new Date(0) },
  });
  await collected(mediaId);
};

describe('DELETE /media/:mediaId', () => {
  test('removes the files for good, and may be repeated', async () => {
    const asha = await aPerson();
    const { id, url } = await aReadyPhoto(asha);
    expect((await remove(asha, id)).status).toBe(204);
    await collected(id);
    expect(await bucket.objects(`m/${id}/`)).toEqual([]);
    expect(await get(asha, url)).toMatchObject({ status: 410, body: { code: 'gone' } });
    expect((await remove(asha, id)).status).toBe(204);
  });

  test('is open to the owner alone', async () => {
    const [asha, biren] = [await aPerson(), await aPerson()];
    const { id, url } = await aReadyPhoto(asha);
    expect((await remove(biren, id)).status).toBe(404);
    expect((await get(asha, url)).status).toBe(302);
  });

  test('clears the profile picture that the media was', async () => {
    const asha = await aPerson();
    const { id, url } = await aReadyPhoto(asha);
    const where = { id: asha.userId };
    await admin.user.update({ where, data: { avatarUrl: url } });
    await remove(asha, id);
    expect(await admin.user.findUniqueOrThrow({ where })).toMatchObject({ avatarUrl: null });
    const job = await admin.outbox.findFirst({ where: { topic: 'group_picture_drop', key: id } });
    expect(job).not.toBeNull();
  });

  test('aborts an upload that is under way', async () => {
    const asha = await aPerson();
    const { request } = await asha.send('post', '/media/upload');
    const { body } = await request.send({
      fileName: 'v.mp4',
      mimeType: 'video/mp4',
      sizeBytes: 20_000_000,
      sha256: 'a'.repeat(64),
      purpose: 'message',
    });
    const { id } = (body as { media: { id: string } }).media;
    expect(await bucket.uploads()).toHaveLength(1);
    await remove(asha, id);
    await collected(id);
    expect(await bucket.uploads()).toEqual([]);
    const { status } = await asha.call(mediaRest.completeUpload, { mediaId: id });
    expect(status).toBe(410);
  });
});

describe('a day after its upload', () => {
  test('a media that nothing uses is removed', async () => {
    const asha = await aPerson();
    const { id, url } = await aReadyPhoto(asha);
    await dayLater(id);
    expect(await bucket.objects(`m/${id}/`)).toEqual([]);
    expect((await get(asha, url)).status).toBe(410);
  });

  test('a media in use by a message, status or picture is kept, left-over files are not', async () => {
    const asha = await aPerson();
    const owner = { id: asha.userId };
    const [inMessage, inStatus, ofPerson, ofGroup] = await Promise.all([
      aReadyPhoto(asha),
      aReadyPhoto(asha),
      aReadyPhoto(asha),
      aReadyPhoto(asha),
    ]);
    const group = await aGroup(
      admin,
      { owner, members: [await aUser(admin)] },
      { avatarUrl: ofGroup.url },
    );
    await aMessage(admin, group, owner, { mediaId: inMessage.id });
    await aStatus(admin, owner, { type: 'image', text: null, mediaId: inStatus.id });
    await admin.user.update({ where: owner, data: { avatarUrl: ofPerson.url } });
    for (const { id, url } of [inMessage, inStatus, ofPerson, ofGroup]) {
      await bucket.put(`m/${id}/left-by-an-attempt`, Buffer.from('x'));
      await dayLater(id);
      expect(await bucket.objects(`m/${id}/`)).toHaveLength(4);
      expect((await get(asha, url)).status).toBe(302);
    }
    const again = { topic: 'media_collect', doneAt: null };
    expect(await admin.outbox.count({ where: { ...again, key: inStatus.id } })).toBe(1);
    expect(await admin.outbox.count({ where: { ...again, key: inMessage.id } })).toBe(0);
  });

  test('an upload during which the service was killed is removed', async () => {
    const asha = await aPerson();
    const { id } = await aReadyPhoto(asha);
    await admin.media.update({ where: { id }, data: { state: 'pending' } });
    await dayLater(id);
    expect(await admin.media.findUnique({ where: { id } })).toBeNull();
    expect(await bucket.objects(`m/${id}/`)).toEqual([]);
  });
});

describe('processing', () => {
  /** Restores the state that a process leaves when it dies while it works. */
  const processAgain = async (id: string) => {
    await admin.media.update({ where: { id }, data: { state: 'processing' } });
    await admin.outbox.create({ data: { topic: 'media_process', key: id } });
  };

  test('is repeated after it was cut short, and leaves one set of files', async () => {
    const asha = await aPerson();
    const { id } = await aReadyPhoto(asha);
    await bucket.put(`m/${id}/left-by-an-attempt`, Buffer.from('x'));
    await processAgain(id);
    expect(await isReady(id)).toMatchObject({ id, state: 'ready' });
    expect(await bucket.objects(`m/${id}/`)).toHaveLength(4);
  });

  test('fails for an unreadable picture, emits the failure and leaves no file', async () => {
    const asha = await aPerson();
    const { id, url } = await aReadyPhoto(asha);
    const { bucketKey } = await admin.media.findUniqueOrThrow({ where: { id } });
    await bucket.put(bucketKey, Buffer.from('not a picture'));
    await processAgain(id);
    expect(await isReady(id)).toMatchObject({ id, state: 'failed' });
    expect(await bucket.objects(`m/${id}/`)).toEqual([]);
    expect(await get(asha, url)).toMatchObject({ status: 410 });
  });
});
