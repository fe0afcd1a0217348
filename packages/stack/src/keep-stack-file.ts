import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { services as names } from '@taar/db/owners';
import { writePrivately } from './secrets.ts';
import type { Services } from './services.ts';
import type { Parts } from './start-parts.ts';

type Facts = { gateway: string; parts: Parts; services: Services };

/**
 * Keeps `stack.json` up to date, which lists the addresses and process ids of all parts for other
 * programs; returns a function that removes it.
 */
export const keepStackFile = async (dir: string, facts: Facts) => {
  const file = join(dir, 'stack.json');
  let last = Promise.resolve();
  const write = () => (last = last.then(() => writePrivately(file, describe(facts))));
  facts.services.onChange(write);
  await write();
  return async () => {
    facts.services.onChange(async () => {});
    await last;
    await rm(file, { force: true });
  };
};

const describe = ({ gateway, parts, services }: Facts) => {
  const { database, redis, s3, firebaseAuth } = parts;
  const addresses = names.map((name) => {
    const [first] = services.targets(name);
    return [name, first ? `http://127.0.0.1:${first.port}` : null];
  });
  const pids = names.map((name) => {
    const [first = null, ...others] = services.pids(name);
    return [name, name === 'chat' ? [first, ...others] : first];
  });
  return {
    gateway,
    firebaseAuthEmulator: firebaseAuth?.url ?? null,
    firebaseProject: firebaseAuth?.project ?? null,
    database: database.adminUrl,
    redis: redis.url,
    s3: s3.url,
    services: Object.fromEntries(addresses) as object,
    pids: {
      gateway: process.pid,
      database: database.pid ?? null,
      redis: redis.pid ?? null,
      s3: s3.pid ?? null,
      firebaseAuthEmulator: firebaseAuth?.pid ?? null,
      ...(Object.fromEntries(pids) as object),
    },
  };
};
