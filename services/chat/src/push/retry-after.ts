import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

const path = /\/messages:send$/;
const tooMany = 429;

type Heard = { at: number; waitMs: number };

const toMs = (value: string | undefined): number => {
  if (value === undefined) return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
};

/**
 * Hears how long FCM asks to be left alone. Firebase's SDK drops the header before we could read
 * it, over either of its transports, so it is taken from what Node tells of every response.
 */
export const listenRetryAfter = () => {
  let last: Heard | undefined;
  const hear = (value: string | undefined) => {
    last = { at: performance.now(), waitMs: toMs(value) };
  };
  const onHttp1 = (message: unknown) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    if (response.statusCode === tooMany && path.test(request.path))
      hear(response.headers['retry-after']);
  };
  const onHttp2 = (message: unknown) => {
    const { headers } = message as { headers: Record<string, string | number | undefined> };
    if (Number(headers[':status']) === tooMany) hear(headers['retry-after'] as string | undefined);
  };
  subscribe('http.client.response.finish', onHttp1);
  subscribe('http2.client.stream.finish', onHttp2);

  return {
    /** The wait that was asked for since then; 0 where none was. */
    since: (at: number) => (last && last.at >= at ? last.waitMs : 0),
    stop: () => {
      unsubscribe('http.client.response.finish', onHttp1);
      unsubscribe('http2.client.stream.finish', onHttp2);
    },
  };
};
