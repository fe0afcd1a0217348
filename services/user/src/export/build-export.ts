import { randomUUID } from 'node:crypto';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { releaseMedia } from '@taar/domain/media';
import type { Deps } from '../deps.ts';
import { collectExport } from './collect-export.ts';

export const expiryTopic = 'data_export_expiry';

/** Builds the file of an export and stores it as a media that only its owner may fetch. */
export const buildExport = async (
  { db, storage, config }: Pick<Deps, 'db' | 'storage' | 'config'>,
  exportId: string,
) => {
  const requested = await db.dataExport.findUnique({ where: { id: exportId } });
  if (!requested || requested.state === 'ready') return;
  const { userId } = requested;
  await db.dataExport.update({ where: { id: exportId }, data: { state: 'running' } });
  const pieces: Buffer[] = [];
  for await (const piece of collectExport(db, userId)) pieces.push(Buffer.from(piece));
  const body = Buffer.concat(pieces);
  const mediaId = randomUUID();
  const bucketKey = `m/${mediaId}/${randomUUID()}`;
  await storage.put(bucketKey, body);

  await db.$transaction(async (tx) => {
    await tx.media.create({
      data: {
        id: mediaId,
        ownerId: userId,
        purpose: 'export',
        state: 'ready',
        bucketKey,
        mimeType: 'application/json',
        sizeBytes: BigInt(body.length),
        fileName: 'taar-export.json',
        readyAt: new Date(),
      },
    });
    await tx.mediaLink.create({ data: { mediaId, kind: 'export', refId: exportId } });
    await tx.$executeRaw`
      UPDATE data_exports
      SET state = 'ready', media_id = ${mediaId}::uuid, ready_at = now(),
        expires_at = now() + ${config.EXPORT_SECONDS}::int * interval '1 s'
      WHERE id = ${exportId}::uuid`;
    await enqueue(tx, {
      topic: expiryTopic,
      key: exportId,
      afterSeconds: config.EXPORT_SECONDS,
    });
  });
};

/** Removes the use of the file. The media service deletes a media without uses. */
export const expireExport = async ({ db }: Pick<Deps, 'db'>, exportId: string) => {
  await db.$transaction(async (tx) => {
    await tx.mediaLink.deleteMany({ where: { kind: 'export', refId: exportId } });
    const [row] = await tx.$queryRaw<{ mediaId: string | null }[]>`
      UPDATE data_exports export
      SET media_id = NULL
      FROM data_exports before
      WHERE export.id = ${exportId}::uuid AND before.id = export.id
      RETURNING before.media_id AS "mediaId"`;
    if (row?.mediaId) await releaseMedia(tx, [row.mediaId]);
  });
};

export const failExport = async ({ db }: Pick<Deps, 'db'>, exportId: string) => {
  await db.dataExport.updateMany({ where: { id: exportId }, data: { state: 'failed' } });
};
