import { randomUUID } from 'node:crypto';
import {
  constants,
  createReadStream,
  createWriteStream,
  mkdirSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export type Blobs = ReturnType<typeof openBlobs>;

/** Contents of objects as files with random names, so that a key never becomes a path. */
export const openBlobs = (dir: string) => {
  mkdirSync(dir, { recursive: true });
  const path = (blob: string) => join(dir, blob);

  return {
    path,
    drop: (blob: string) => rmSync(path(blob), { force: true }),
    copy: async (blob: string) => {
      const copy = randomUUID();
      await copyFile(path(blob), path(copy), constants.COPYFILE_FICLONE);
      return copy;
    },
    join: async (blobs: string[]) => {
      const whole = randomUUID();
      const content = async function* () {
        for (const blob of blobs) yield* createReadStream(path(blob), { highWaterMark: 2 ** 20 });
      };
      await pipeline(content, createWriteStream(path(whole)));
      return whole;
    },
    dropAllBut: (live: Set<string>) => {
      for (const blob of readdirSync(dir)) if (!live.has(blob)) rmSync(path(blob));
    },
  };
};
