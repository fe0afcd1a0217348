import { createDb } from '@taar/db';
import { createLogger } from '@taar/kit/logger';
import { createWorker } from '../src/outbox/worker.ts';

/** Takes a job, reports it on standard output and never finishes it: the test kills the process. */
const [url, topic] = process.argv.slice(2) as [string, string];
const handle = () =>
  new Promise<void>(() => {
    process.stdout.write('leased\n');
  });

createWorker({
  name: 'dying',
  db: createDb(url, { max: 2 }),
  logger: createLogger('test', 'error'),
  handlers: { [topic]: { handle } },
  concurrency: 1,
  pollMs: 50,
  leaseMs: 600,
}).start();
