import { randomUUID } from 'node:crypto';
import { Agent } from 'node:https';
import { type Socket, connect } from 'node:net';
import {
  type AppOptions,
  type ServiceAccount,
  applicationDefault,
  cert,
  deleteApp,
  initializeApp,
} from 'firebase-admin/app';
import { type TokenMessage, getMessaging } from 'firebase-admin/messaging';
import { type Outcome, toOutcome } from './outcome.ts';
import { listenRetryAfter } from './retry-after.ts';

/** As many connections are kept open. */
export const maxAtOnce = 100;
const deadlineMs = 20_000;

export type SendSettings = {
  FIREBASE_PROJECT?: string | undefined;
  FIREBASE_SERVICE_ACCOUNT?: string | undefined;
  FCM_LOCAL_URL?: string | undefined;
};
const connections = { keepAlive: true, maxSockets: maxAtOnce };

/** The SDK always speaks TLS with Google: this brings it to a plain server on loopback instead. */
class RedirectAgent extends Agent {
  readonly #host: string;
  readonly #port: number;
  constructor({ hostname, port }: URL) {
    super(connections);
    this.#host = hostname;
    this.#port = Number(port);
  }
  override createConnection(): Socket {
    return connect(this.#port, this.#host);
  }
}

const optionsOf = (settings: SendSettings): AppOptions => {
  const { FIREBASE_PROJECT: projectId = 'local', FIREBASE_SERVICE_ACCOUNT: account } = settings;
  if (settings.FCM_LOCAL_URL)
    return {
      projectId,
      httpAgent: new RedirectAgent(new URL(settings.FCM_LOCAL_URL)),
      credential: { getAccessToken: async () => ({ access_token: 'local', expires_in: 3_600 }) },
    };
  const credential = account ? cert(JSON.parse(account) as ServiceAccount) : applicationDefault();
  return { projectId, credential, httpAgent: new Agent(connections) };
};

/**
 * What the SDK keeps to itself: it would send again what failed, even after we gave up on it, though
 * the device may have signed out or the message have been read meanwhile. The queue looks first.
 */
type Retrying = { messagingRequestHandler: { httpClient: { retry: object | null } } };

const inTime = <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('FCM did not answer in time')), deadlineMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/**
 * Sends pushes by Firebase's Admin SDK; says what became of each, and never throws. One by one, as
 * the SDK sends a single message over connections that are kept, and a batch over one of HTTP/2
 * that is made for it: when that breaks, all that was accepted is sent again.
 */
export const createSend = (settings: SendSettings) => {
  const options = optionsOf(settings);
  const app = initializeApp(options, `push-${randomUUID()}`);
  const messaging = getMessaging(app);
  const { httpClient } = (messaging as unknown as Retrying).messagingRequestHandler;
  httpClient.retry = null;
  const retryAfter = listenRetryAfter();

  return {
    send: (message: TokenMessage): Promise<Outcome> =>
      retryAfter.during(async (waitMs) => {
        try {
          return { kind: 'accepted', providerId: await inTime(messaging.send(message)) };
        } catch (error) {
          return toOutcome(error, waitMs());
        }
      }),
    stop: async () => {
      retryAfter.stop();
      options.httpAgent?.destroy();
      await deleteApp(app);
    },
  };
};
export type Send = ReturnType<typeof createSend>['send'];
