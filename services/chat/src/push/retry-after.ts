import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** The wait that an answer asked for, and when the answer came. */
type Asked = { at: number; waitMs: number };

const channel = 'http.client.response.finish';

/**
 * Reads the header Retry-After of HTTP answers. Firebase's SDK hides the header, so it is taken
 * from the diagnostics channel of Node.js, in the async context of the call that caused the answer.
 */
export const listenForRetryAfter = () => {
  const calls = new AsyncLocalStorage<Asked>();
  const onResponse = (message: unknown) => {
    const { headers } = (message as { response: IncomingMessage }).response;
    const value = headers['retry-after'];
    const asked = calls.getStore();
    if (asked && value) Object.assign(asked, { at: performance.now(), waitMs: toMs(value) });
  };
  subscribe(channel, onResponse);

  return {
    /** Runs a call. `remainingMs` is the rest of the wait, 0 if no answer asked for one. */
    during: <T>(call: (remainingMs: () => number) => Promise<T>): Promise<T> => {
      const asked: Asked = { at: 0, waitMs: 0 };
      const remainingMs = () => Math.max(0, Math.ceil(asked.at + asked.waitMs - performance.now()));
      return calls.run(asked, () => call(remainingMs));
    },
    stop: () => unsubscribe(channel, onResponse),
  };
};

/** The header holds seconds or a date. */
const toMs = (value: string): number => {
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
};
