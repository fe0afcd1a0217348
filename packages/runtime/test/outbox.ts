import { randomUUID } from 'node:crypto';
import { createDb } from '@taar/db';
import type { Fields, Logger } from '@taar/kit/logger';
import { atEnd } from '@taar/testing/at-end';
import { freshDatabase } from '@taar/testing/database';
import { enqueue } from '../src/outbox/enqueue.ts';

type Stoppable = { start: () => void; stop: () => Promise<void> };
type Line = { level: string; message: string; fields: Fields };

export const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

/** Resolves when the condition holds, and fails after twenty seconds. */
export const until = async (condition: () => boolean | Promise<boolean>) => {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await pause(20))
    if (await condition()) return;
  throw new Error('The condition did not come true.');
};

/** A database whose outbox workers share, as the role of a service that may not delete jobs. */
export const startOutbox = async () => {
  const { admin, urls } = await freshDatabase();
  const url = urls.status;
  const db = createDb(url, { max: 4, connectTimeoutMs: 20_000 });
  atEnd(() => db.$disconnect());
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (message: string, fields: Fields = {}) => {
      lines.push({ level, message, fields });
    };
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };

  return {
    admin,
    url,
    db,
    lines,
    /** Settings of a worker in a hurry, of a queue of its own. */
    settings: { name: 'test', db, logger, pollMs: 50, retryMs: 20 },
    aTopic: () => `test.${randomUUID().slice(0, 8)}`,
    /** Inserts a job and returns its key. */
    aJob: async (topic: string, payload = {}) => {
      const key = randomUUID();
      await enqueue(db, { topic, key, payload });
      return key;
    },
    rowOf: (key: string) => admin.outbox.findFirstOrThrow({ where: { key } }),
    /** Starts a worker that stops after the last test. */
    running: <W extends Stoppable>(worker: W): W => {
      atEnd(worker.stop);
      worker.start();
      return worker;
    },
  };
};
