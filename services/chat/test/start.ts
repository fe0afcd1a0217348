import { listen } from '@taar/kit/lifecycle';
import { atEnd } from '@taar/testing/at-end';
import { aDirectChat, aUser } from '@taar/testing/factories';
import { createSurroundings } from '@taar/testing/surroundings';
import { createApp } from '../src/app.ts';
import { config } from '../src/config.ts';
import type { Deps } from '../src/deps.ts';

/** A chat node in this process. */
export const startNode = async (env: Record<string, string>, deps: Partial<Deps> = {}) => {
  const app = createApp(config({ RATE_LIMIT_FACTOR: '100', ...env }), deps);
  const url = `http://127.0.0.1:${await listen(app, 0, '127.0.0.1')}`;
  let closed = false;
  const close = async () => {
    if (!closed) await app.close();
    closed = true;
  };
  atEnd(close);
  return { url, close };
};

/** Chat nodes on a database and a Redis key prefix that belong to this test file. */
export const startChat = async (nodes = 1) => {
  const { env, as, admin, ...rest } = await createSurroundings('chat');
  const start = async (overrides: Record<string, string> = {}, deps: Partial<Deps> = {}) => {
    const node = await startNode({ ...env, ...overrides }, deps);
    return { ...node, as: as(node.url) };
  };
  const started = await Promise.all(Array.from({ length: nodes }, () => start()));
  const [first] = started;

  return {
    ...rest,
    env,
    admin,
    startNode: start,
    nodes: started,
    as: first!.as,
    /** Signs users in at another address, such as a proxy. */
    at: as,
    url: first!.url,
    /** Two people and their direct chat, the first one on the first node and the second on the last. */
    twoFriends: async () => {
      const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
      const chat = await aDirectChat(admin, asha, biren);
      return {
        asha: first!.as(asha),
        biren: started.at(-1)!.as(biren),
        chatId: chat.id,
      };
    },
  };
};
