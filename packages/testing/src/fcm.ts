import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { type FcmMessage, type FcmRefusal, startFcm } from '@taar/embedded/fcm';
import { atEnd } from './at-end.ts';

const timeoutMs = 10_000;

/** Refusals as FCM words them. */
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

/** FCM's servers on loopback: what each token was sent, and what they answer to it. */
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
        throw new Error(`What was awaited did not come, but: ${JSON.stringify(calls)}`);
      });
    }
  };
  const taken = new Set<FcmMessage>();

  return {
    url: server.url,
    connections: server.connections,
    close,
    /** A token that nobody else has. */
    token: () => `fcm-${randomUUID()}`,
    /** What the server says to this token from now on. */
    answer: (token: string, script: FcmRefusal | Script | undefined) => {
      if (script === undefined) scripts.delete(token);
      else scripts.set(token, typeof script === 'function' ? script : () => script);
    },
    /** The first push to this token not taken yet, whether it came already or is to come. */
    next: (token: string, fits: (message: FcmMessage) => boolean = () => true) =>
      until('push', () => {
        const found = pushes.find((push) => push.token === token && !taken.has(push) && fits(push));
        if (found) taken.add(found);
        return found;
      }),
    /** Resolves when the server was asked `count` times for this token, whatever it answered. */
    asked: (token: string, count: number) =>
      until('call', () => {
        const own = calls.filter(({ message }) => message.token === token);
        return own.length >= count ? own : undefined;
      }),
    calls: (token: string) => calls.filter(({ message }) => message.token === token),
    pushes: (token: string) => pushes.filter((push) => push.token === token),
  };
};
