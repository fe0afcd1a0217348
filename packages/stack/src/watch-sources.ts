import { watch } from 'node:fs';
import { join } from 'node:path';

const folders = [
  'services',
  'packages/contracts',
  'packages/kit',
  'packages/runtime',
  'packages/domain',
  'prisma/src',
];
const source = /(^|\/)src\/.*\.ts$/;
const quietMs = 200;

/** Restarts when a source file of the services changes; waits until a burst of writes has ended. */
export const watchSources = (root: string, restart: () => Promise<void>) => {
  let timer: NodeJS.Timeout | undefined;
  let last = Promise.resolve();
  for (const folder of folders)
    watch(join(root, folder), { recursive: true }, (_event, name) => {
      if (!name || !source.test(join(folder, name))) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        last = last.then(restart);
      }, quietMs);
    });
};
