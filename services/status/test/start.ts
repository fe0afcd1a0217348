import { listen } from '@taar/kit/lifecycle';
import { atEnd } from '@taar/testing/at-end';
import { aContact, aUser } from '@taar/testing/factories';
import { createSurroundings } from '@taar/testing/surroundings';
import { createApp } from '../src/app.ts';
import { config } from '../src/config.ts';
import { createDeps } from '../src/deps.ts';

/** Starts the status service for this test file, with a new database. */
export const startStatus = async () => {
  const { env, as: asAt, admin, redis } = await createSurroundings('status');
  const settings = config({ RATE_LIMIT_FACTOR: '100', ...env });
  const app = createApp(settings);
  const url = `http://127.0.0.1:${await listen(app, 0, '127.0.0.1')}`;
  atEnd(() => app.close());
  const deps = createDeps(settings);
  atEnd(() => deps.stop());
  const as = asAt(url);

  const befriend = (one: { id: string }, other: { id: string }) =>
    Promise.all([aContact(admin, one, other), aContact(admin, other, one)]);

  return {
    admin,
    as,
    deps,
    redis,
    befriend,
    /** Two users who have each other as contacts. */
    twoFriends: async () => {
      const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
      await befriend(asha, biren);
      return { asha: as(asha), biren: as(biren) };
    },
  };
};
