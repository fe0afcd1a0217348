import { randomUUID } from 'node:crypto';
import { Agent } from 'node:https';
import { type Socket, connect } from 'node:net';
import { withDeadline } from '@taar/kit/deadline';
import {
  type AppOptions,
  type ServiceAccount,
  applicationDefault,
  cert,
  deleteApp,
  initializeApp,
} from 'firebase-admin/app';
import { type Messaging, type TokenMessage, getMessaging } from 'firebase-admin/messaging';
import { type PushOutcome, toOutcome } from './push-outcome.ts';
import { listenForRetryAfter } from './retry-after.ts';

/** Also the number of connections that stay open. */
export const maxConcurrentSends = 100;
const deadlineMs = 20_000;

export type SendSettings = {
  FIREBASE_PROJECT?: string | undefined;
  FIREBASE_SERVICE_ACCOUNT?: string | undefined;
  FCM_LOCAL_URL?: string | undefined;
};

/**
 * Sends pushes by Firebase's Admin SDK, one by one: for a batch the SDK opens an HTTP/2 connection,
 * and if that breaks, pushes that FCM accepted are sent again. `sendPush` never throws.
 */
export const createSendPush = (settings: SendSettings) => {
  const options = optionsOf(settings);
  const app = initializeApp(options, `push-${randomUUID()}`);
  const messaging = getMessaging(app);
  disableRetries(messaging);
  const retryAfter = listenForRetryAfter();

  return {
    sendPush: (message: TokenMessage): Promise<PushOutcome> =>
      retryAfter.during(async (remainingMs) => {
        try {
          const providerId = await withDeadline(messaging.send(message), deadlineMs, lateError);
          return { kind: 'accepted', providerId };
        } catch (error) {
          return toOutcome(error, remainingMs());
        }
      }),
    stop: async () => {
      retryAfter.stop();
      options.httpAgent?.destroy();
      await deleteApp(app);
    },
  };
};
export type SendPush = ReturnType<typeof createSendPush>['sendPush'];

const lateError = () => new Error('FCM did not answer in time.');

const optionsOf = (settings: SendSettings): AppOptions => {
  const { FIREBASE_PROJECT: projectId = 'local', FIREBASE_SERVICE_ACCOUNT: account } = settings;
  if (settings.FCM_LOCAL_URL)
    return {
      projectId,
      httpAgent: new LocalAgent(new URL(settings.FCM_LOCAL_URL)),
      credential: { getAccessToken: async () => ({ access_token: 'local', expires_in: 3_600 }) },
    };
  const credential = account ? cert(JSON.parse(account) as ServiceAccount) : applicationDefault();
  return { projectId, credential, httpAgent: new Agent(agentOptions) };
};

const agentOptions = { keepAlive: true, maxSockets: maxConcurrentSends };

/** Connects to a plain HTTP server on loopback, where the SDK would speak TLS with Google. */
class LocalAgent extends Agent {
  readonly #host: string;
  readonly #port: number;
  constructor({ hostname, port }: URL) {
    super(agentOptions);
    this.#host = hostname;
    this.#port = Number(port);
  }
  override createConnection(): Socket {
    return connect(this.#port, this.#host);
  }
}

/**
 * The SDK repeats a failed call up to four times and has no public setting for it. Its repetition
 * would outlive our deadline, and send a push although the device signed out or the message was
 * read since; the outbox decides anew before each attempt. Tests of push failures hold this.
 */
const disableRetries = (messaging: Messaging) => {
  const internals = messaging as unknown as {
    messagingRequestHandler: { httpClient: { retry: object | null } };
  };
  internals.messagingRequestHandler.httpClient.retry = null;
};
