/**
 * A chat node that is killed in the middle of a send, as a process of its own: after the message is
 * committed, before or after it is told of, in any case before the sender hears.
 */
import { run } from '@taar/kit/lifecycle';
import { createApp } from '../src/app.ts';
import { type Config, config } from '../src/config.ts';
import { createDeps } from '../src/create-deps.ts';
import type { Deps } from '../src/deps.ts';
import { createGroupCommit } from '../src/core/group-commit.ts';
import { insertMessages } from '../src/core/insert-messages.ts';

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('A killed process goes on.');
};

const deaths = {
  untold: ({ db }: Deps) =>
    createGroupCommit(async (drafts) => {
      await insertMessages(db, drafts);
      return die();
    }),
  told:
    ({ storeMessage, io }: Deps): Deps['storeMessage'] =>
    async (draft) => {
      await storeMessage(draft);
      // The bus has it once a later command on the same connection is answered.
      await io.of('/').adapter.serverCount();
      return die();
    },
};
export type Death = keyof typeof deaths;

const create = (settings: Config) => {
  const deps = createDeps(settings);
  const dying = deaths[process.env['DIES'] as Death](deps);
  let sendsToLive = Number(process.env['SENDS_TO_LIVE'] ?? 0);
  const storeMessage: Deps['storeMessage'] = (draft) =>
    sendsToLive-- > 0 ? deps.storeMessage(draft) : dying(draft);
  return createApp(settings, { ...deps, storeMessage });
};

await run(() => config(process.env), create);
