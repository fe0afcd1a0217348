import type { Job } from '@taar/runtime/outbox/job';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { collectMediaTopic, deleteIfUnused, findUses } from '@taar/domain/media';
import type { Deps } from '../deps.ts';
import { keysOf, prefixOf } from '../storage/keys.ts';

type Needs = Pick<Deps, 'db' | 'storage'>;

const daySeconds = 24 * 60 * 60;

/** Deletes an unused media, and every object of a media that its row does not name. */
export const collectMedia =
  ({ db, storage }: Needs) =>
  async ({ key: id }: Job) => {
    await deleteIfUnused(db, id);
    const media = await db.media.findUnique({ where: { id } });
    if (!media || media.deletedAt) {
      await storage.remove(prefixOf(id));
      return;
    }
    await storage.remove(prefixOf(id), keysOf(media));
    const afterSeconds = nextCheckSeconds(await findUses(db, id));
    if (afterSeconds) await enqueue(db, { topic: collectMediaTopic, key: id, afterSeconds });
  };

/** A message keeps its media for good; a status expires and a profile picture is replaced. */
const nextCheckSeconds = ({ message, status }: { message: boolean; status: boolean }) =>
  message ? undefined : status ? daySeconds : 7 * daySeconds;
