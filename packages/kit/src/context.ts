import { AsyncLocalStorage } from 'node:async_hooks';

/** Fields that every log line of a request, event or job carries. */
export type Context = {
  requestId: string;
  transport: 'rest' | 'socket' | 'job';
  operation?: string;
  userId?: string;
};

const storage = new AsyncLocalStorage<Context>();

export const withContext = <T>(context: Context, run: () => T): T => storage.run(context, run);
export const currentContext = (): Context | undefined => storage.getStore();
