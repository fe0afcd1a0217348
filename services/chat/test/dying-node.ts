/**
 * A chat node that is killed in the middle of a send, as a process of its own: after the message is
 * committed, before or after it is told of, in any case before the sender hears.
 */
import { listen } from '@taar/kit/lifecycle';
import { createApp } from '../src/app.ts';
import { config } from '../src/config.ts';
import { createDeps } from '../src/deps.ts';
import { createCommit } from '../src/messages/commit.ts';
import { insertMessages } from '../src/messages/insert.ts';

const settings = config(process.env);
const deps = createDeps(settings);
const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('A killed process goes on.');
};

const commits = {
  untold: createCommit(async (drafts) => {
    await insertMessages(deps.db, drafts);
    return die();
  }),
  told: async (...[draft]: Parameters<typeof deps.commit>) => {
    await deps.commit(draft);
    // The bus has it once a later command on the same connection is answered.
    await deps.io.of('/').adapter.serverCount();
    return die();
  },
};

const app = createApp(settings, {
  ...deps,
  commit: commits[process.env['DIES'] as keyof typeof commits],
});
process.send!(await listen(app, 0, '127.0.0.1'));
