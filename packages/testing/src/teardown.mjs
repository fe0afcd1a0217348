import { once } from 'node:events';

export default async () => {
  const ended = once(globalThis.serversProcess, 'exit');
  globalThis.serversProcess.disconnect();
  await ended;
};
