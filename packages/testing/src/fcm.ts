import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { type FcmMessage, type FcmRefusal, startFcm } from '@taar/embedded/fcm';
import { atEnd } from './at-end.ts';

const timeoutMs = 10_000;

/** Errors as FCM answers them. */
export const refusals = {
  unregistered: { status: 404, code: 'NOT_FOUND', errorCode: 'UNREGISTERED' },
  badToken: {
    status: 400,
    code: 'INVALID_ARGUMENT',
    errorCode: 'INVALID_ARGUMENT',
    message: 'The registration token is not a valid FCM registration token',
  },
  badPayload: {
    status: 400,
    code: 'INVALID_ARGUMENT',
    errorCode: 'INVALID_ARGUMENT',
    message: 'Request contains an invalid argument.',
  },
  otherSender: { status: 403, code: 'PERMISSION_DENIED', errorCode: 'SENDER_ID_MISMATCH' },
  unavailable: { status: 500, code: 'INTERNAL', errorCode: 'INTERNAL' },
  quota: { status: 429, code: 'RESOURCE_EXHAUSTED', errorCode: 'QUOTA_EXCEEDED' },
} as const satisfies Record<string, FcmRefusal>;

type Script = (message: FcmMessage) => FcmRefusal | undefined | Promise<FcmRefusal | undefined>;

/** Starts FCM on loopback; it records pushes by token and answers as the test decides. */
export const startTestFcm = async (port = 0) => {
  const scripts = new Map<string, Script>();
  const calls: { message: FcmMessage; at: number }[] = [];
  const pushes: FcmMessage[] = [];
  const arrivals = new EventEmitter().setMaxListeners(100);
  const server = await startFcm({
    port,
    answer: (message) => {
      calls.push({ message, at: performance.now() });
      arrivals.emit('call');
      return scripts.get(message.token)?.(message);
    },
    onPush: (message) => {
      pushes.push(message);
      arrivals.emit('push');
    },
  });
  let open = true;
  const close = async () => {
    if (open) await server.close();
    open = false;
  };
  atEnd(close);

  const until = async <T>(event: string, find: () => T | undefined): Promise<T> => {
    const signal = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await once(arrivals, event, { signal }).catch(() => {
        throw new Error(`The expected push did not arrive, but: ${JSON.stringify(calls)}`);
      });
    }
  };
  const taken = new Set<FcmMessage>();

  return {
    url: server.url,
    connections: server.connections,
    close,
    /** A new push token. */
    token: () => `fcm-${randomUUID()}`,
    /** Sets the answer to pushes to this token from now on. */
    answer: (token: string, script: FcmRefusal | Script | undefined) => {
      if (script === undefined) scripts.delete(token);
      else scripts.set(token, typeof script === 'function' ? script : () => script);
    },
    /** Waits for the next push to this token; each push is returned once. */
    next: (token: string, fits: (message: FcmMessage) => boolean = () => true) =>
      until('push', () => {
        const found = pushes.find((push) => push.token === token && !taken.has(push) && fits(push));
        if (found) taken.add(found);
        return found;
      }),
    /** Waits until `count` requests for this token have arrived, whatever their answer. */
    asked: (token: string, count: number) =>
      until('call', () => {
        const own = calls.filter(({ message }) => message.token === token);
        return own.length >= count ? own : undefined;
      }),
    calls: (token: string) => calls.filter(({ message }) => message.token === token),
    pushes: (token: string) => pushes.filter((push) => push.token === token),
  };
};
