import type { Report } from '@taar/domain/erasure/erase-rows';
import { releaseMedia, deleteIfUnused } from '@taar/domain/media';
import type { Deps } from '../deps.ts';

/** Deletes the unused media of an erased user. Media that messages use stay with the messages. */
export const eraseMedia =
  (db: Deps['db']) =>
  async (userId: string): Promise<Report> => {
    const owned = await db.media.findMany({ where: { ownerId: userId }, select: { id: true } });
    for (const { id } of owned) await deleteIfUnused(db, id);
    const deleted = { ownerId: userId, deletedAt: { not: null } };
    await db.media.updateMany({ where: deleted, data: { fileName: null, sha256: null } });
    const { count } = await db.mediaLink.deleteMany({ where: { media: deleted } });
    await db.$transaction((tx) =>
      releaseMedia(
        tx,
        owned.map(({ id }) => id),
      ),
    );
    return { 'media.owner_id': owned.length, 'media_links.ref_id': count };
  };
