import { once } from 'node:events';

export default async () => {
  const ended = once(globalThis.keeper, 'exit');
  globalThis.keeper.disconnect();
  await ended;
};
