/**
 * A chat node that kills itself once a message is committed: before it is published or after that,
 * in any case before the sender gets an answer.
 */
import { run } from '@taar/kit/lifecycle';
import { createApp } from '../src/app.ts';
import { type Config, config } from '../src/config.ts';
import { createGroupCommit } from '../src/core/group-commit.ts';
import { insertMessages } from '../src/core/insert-messages.ts';
import { createDeps } from '../src/create-deps.ts';
import type { Deps } from '../src/deps.ts';

/** Never settles, as the process may go on for a moment after the signal. */
const killProcess = () => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => {});
};

const storesByKillPoint = {
  beforePublish: ({ db }: Deps) =>
    createGroupCommit(async (drafts) => {
      await insertMessages(db, drafts);
      return killProcess();
    }),
  afterPublish:
    ({ storeMessage, io }: Deps): Deps['storeMessage'] =>
    async (draft) => {
      await storeMessage(draft);
      // Redis has the message once it answers a later command of the same connection.
      await io.of('/').adapter.serverCount();
      return killProcess();
    },
};
export type KillPoint = keyof typeof storesByKillPoint;

const create = (settings: Config) => {
  const deps = createDeps(settings);
  const storeAndKill = storesByKillPoint[process.env['KILL_POINT'] as KillPoint](deps);
  let sendsBeforeKill = Number(process.env['SENDS_BEFORE_KILL'] ?? 0);
  const storeMessage: Deps['storeMessage'] = (draft) =>
    sendsBeforeKill-- > 0 ? deps.storeMessage(draft) : storeAndKill(draft);
  return createApp(settings, { ...deps, storeMessage });
};

await run(() => config(process.env), create);
