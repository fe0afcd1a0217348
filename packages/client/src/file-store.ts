import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SendMessage } from '@taar/contracts';
import type { OutboxStore } from './outbox.ts';

type Line = { add: SendMessage } | { remove: string };

/** Stores the outbox in a file of JSON lines. Loading rewrites the file without sent messages. */
export const createFileStore = (path: string): OutboxStore => {
  let writing: Promise<unknown> = Promise.resolve();
  const write = (line: Line) => {
    // Starts with a line break, because an earlier write may have been cut short.
    const text = `\n${JSON.stringify(line)}\n`;
    const next = writing.then(() => appendFile(path, text, { flush: true }));
    writing = next.catch(() => undefined);
    return next;
  };

  return {
    load: async () => {
      await mkdir(dirname(path), { recursive: true });
      const items = new Map<string, SendMessage>();
      for (const line of await readLines(path))
        if ('add' in line) items.set(line.add.clientMessageId, line.add);
        else items.delete(line.remove);
      const unsent = [...items.values()];
      const text = unsent.map((add) => `${JSON.stringify({ add })}\n`).join('');
      // The rename is atomic: a crash leaves the old file or the new one.
      await writeFile(`${path}.new`, text, { flush: true });
      await rename(`${path}.new`, path);
      return unsent;
    },
    add: (item) => write({ add: item }),
    remove: (clientMessageId) => write({ remove: clientMessageId }),
  };
};

const readLines = async (path: string): Promise<Line[]> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').slice(0, -1).flatMap(parseLine);
};

/** Skips a line that a crash cut short: the promise of its `add` never resolved. */
const parseLine = (text: string): Line[] => {
  try {
    return [JSON.parse(text) as Line];
  } catch {
    return [];
  }
};
