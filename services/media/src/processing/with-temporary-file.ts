import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Writes a stream to a temporary file that exists until `use` has ended. */
export const withTemporaryFile = async <T>(
  content: Readable,
  use: (path: string) => Promise<T>,
) => {
  const folder = await mkdtemp(join(tmpdir(), 'taar-media-'));
  try {
    const path = join(folder, 'file');
    await pipeline(content, createWriteStream(path));
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
