import { randomUUID } from 'node:crypto';
import { listen } from '@taar/kit/lifecycle';
import { createLogger } from '@taar/kit/logger';
import { type Envelope, eventsChannel, readEnvelope } from '@taar/kit/publish';
import { createSubscriber } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { envOf } from '@taar/testing/env';
import { createSurroundings } from '@taar/testing/surroundings';
import { createApp } from '../src/app.ts';
import { config } from '../src/config.ts';

/** Events that the service publishes to sockets, as chat receives them. */
const followEvents = async (url: string, prefix: string) => {
  const events: Envelope[] = [];
  const subscriber = createSubscriber(url, createLogger('test', 'error'));
  subscriber.on('message', (_channel: string, text: string) => {
    const envelope = readEnvelope(text);
    if (!envelope) throw new Error(`Not an event of the contract: ${text}`);
    events.push(envelope);
  });
  await subscriber.subscribe(eventsChannel(prefix));
  atEnd(async () => subscriber.disconnect());
  return events;
};

/** Starts a user service for one test file. */
export const startUser = async (overrides: Record<string, string> = {}) => {
  const { env, as, ...rest } = await createSurroundings('user');
  const events = await followEvents(env.REDIS_URL, env.REDIS_PREFIX);
  const settings = {
    ...env,
    RATE_LIMIT_FACTOR: '100',
    CONTACTS_SECRET: randomUUID(),
    S3_ENDPOINT: envOf('TEST_S3_ENDPOINT'),
    S3_BUCKET: `user-${randomUUID().slice(0, 8)}`,
    S3_ACCESS_KEY_ID: envOf('TEST_S3_ACCESS_KEY_ID'),
    S3_SECRET_ACCESS_KEY: envOf('TEST_S3_SECRET_ACCESS_KEY'),
    ...overrides,
  };
  const app = createApp(config(settings));
  const url = `http://127.0.0.1:${await listen(app, 0, '127.0.0.1')}`;
  atEnd(app.close);
  return { ...rest, settings, events, url, as: as(url) };
};

/** Repeats a query until it returns something. */
export const eventually = async <T>(
  look: () => Promise<T | null | undefined | false>,
): Promise<T> => {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error('The expected state was not reached in time.');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};
