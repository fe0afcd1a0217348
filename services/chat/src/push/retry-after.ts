import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** How long the server asked to be left alone, and since when. */
type Asked = { at: number; waitMs: number };

const toMs = (value: string): number => {
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
};

/**
 * Hears how long FCM asks to be left alone. Firebase's SDK drops the header before we could read
 * it, so it is taken from what Node tells of every response, in the context of its request.
 */
export const listenRetryAfter = () => {
  const asking = new AsyncLocalStorage<Asked>();
  const hear = (message: unknown) => {
    const { headers } = (message as { response: IncomingMessage }).response;
    const value = headers['retry-after'];
    const asked = asking.getStore();
    if (asked && value) Object.assign(asked, { at: performance.now(), waitMs: toMs(value) });
  };
  subscribe('http.client.response.finish', hear);

  return {
    /** Does a piece of work; `waitMs` then says how long is left to wait, 0 where nobody asked. */
    during: <T>(work: (waitMs: () => number) => Promise<T>): Promise<T> => {
      const asked: Asked = { at: 0, waitMs: 0 };
      const left = () => Math.max(0, Math.ceil(asked.at + asked.waitMs - performance.now()));
      return asking.run(asked, () => work(left));
    },
    stop: () => unsubscribe('http.client.response.finish', hear),
  };
};
