import { type Job, enqueue } from '@taar/runtime/jobs';
import { collectMediaTopic, removeUnused, usesOf } from '@taar/domain/media';
import type { Deps } from '../deps.ts';
import { keysOf } from './keys.ts';
import { prefixOf } from './topics.ts';

type Needs = Pick<Deps, 'db' | 'storage'>;

const daySeconds = 24 * 60 * 60;

/** A message stays; a status ends and a picture is replaced, so those are looked at again. */
const lookAgainAfter = ({ message, status }: { message: boolean; status: boolean }) =>
  message ? undefined : status ? daySeconds : 7 * daySeconds;

export const collectMedia =
  ({ db, storage }: Needs) =>
  async ({ key: id }: Job) => {
    await removeUnused(db, id);
    const media = await db.media.findUnique({ where: { id } });
    if (!media || media.deletedAt) {
      await storage.remove(prefixOf(id));
      return;
    }
    await storage.remove(prefixOf(id), keysOf(media));
    const afterSeconds = lookAgainAfter(await usesOf(db, id));
    if (afterSeconds) await enqueue(db, { topic: collectMediaTopic, key: id, afterSeconds });
  };
