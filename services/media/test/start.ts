import { randomUUID } from 'node:crypto';
import type { MediaRef } from '@taar/contracts';
import { listen } from '@taar/kit/lifecycle';
import { createLogger } from '@taar/kit/logger';
import { eventsChannel, readEnvelope } from '@taar/kit/publish';
import { createSubscriber } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { envOf } from '@taar/testing/env';
import { aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { createSurroundings } from '@taar/testing/surroundings';
import { createApp } from '../src/app.ts';
import { config } from '../src/config.ts';
import { openBucket } from './bucket.ts';

type Env = Record<string, string>;

/** Collects the `media_ready` events that the service publishes. */
const followReady = async (redisUrl: string, prefix: string) => {
  const subscriber = createSubscriber(redisUrl, createLogger('test', 'error'));
  atEnd(() => subscriber.disconnect());
  const received = new Map<string, MediaRef>();
  const waiting = new Map<string, (media: MediaRef) => void>();
  subscriber.on('message', (_channel: string, text: string) => {
    const envelope = readEnvelope(text);
    if (envelope?.event !== 'media_ready') return;
    const { media } = envelope.payload as { media: MediaRef };
    received.set(media.id, media);
    waiting.get(media.id)?.(media);
  });
  await subscriber.subscribe(eventsChannel(prefix));
  /** Waits for the event of this media; each event is returned once. */
  return async (id: string) => {
    const media =
      received.get(id) ?? (await new Promise<MediaRef>((resolve) => waiting.set(id, resolve)));
    received.delete(id);
    return media;
  };
};

/** Starts a media service for this test file, with a new database and a new bucket. */
export const startMedia = async (overrides: Env = {}) => {
  const { env, as, admin, redis, ...rest } = await createSurroundings('media');
  const bucket = `test-${randomUUID()}`;
  const storeEnv = {
    S3_ENDPOINT: envOf('TEST_S3_ENDPOINT'),
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: envOf('TEST_S3_ACCESS_KEY_ID'),
    S3_SECRET_ACCESS_KEY: envOf('TEST_S3_SECRET_ACCESS_KEY'),
    RATE_LIMIT_FACTOR: '100',
    JOBS_POLL_MS: '50',
  };
  const settings = { ...env, ...storeEnv, ...overrides };
  const startNode = async (more: Env = {}) => {
    const app = createApp(config({ ...settings, ...more }));
    const url = `http://127.0.0.1:${await listen(app, 0, '127.0.0.1')}`;
    let closing: Promise<void> | undefined;
    const close = () => (closing ??= app.close());
    atEnd(close);
    return { url, as: as(url), close };
  };
  const node = await startNode();
  const isReady = await followReady(redis.url, redis.prefix);
  return {
    ...rest,
    ...node,
    admin,
    env: settings,
    startNode,
    isReady,
    bucket: await openBucket(bucket),
    /** A new user who is signed in. */
    aPerson: async (): Promise<Person> => node.as(await aUser(admin)),
  };
};
