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

/** FCM cuts HTTP/2 connections with many more streams. */
export const maxAtOnce = 100;
const deadlineMs = 20_000;

export type SendSettings = {
  FIREBASE_PROJECT?: string | undefined;
  FIREBASE_SERVICE_ACCOUNT?: string | undefined;
  FCM_LOCAL_URL?: string | undefined;
};
export type Sent = {
  outcomes: Outcome[];
  /** How long FCM asked to be left alone while these were sent. */
  retryAfterMs: number;
};

/** The SDK always speaks TLS with Google: this brings it to a plain server on loopback instead. */
class RedirectAgent extends Agent {
  readonly #host: string;
  readonly #port: number;
  constructor({ hostname, port }: URL) {
    super({ keepAlive: true });
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
  return { projectId, credential };
};

const inTime = <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('FCM did not answer in time')), deadlineMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Sends pushes by Firebase's Admin SDK; answers what became of each, and never throws. */
export const createSend = (settings: SendSettings) => {
  const app = initializeApp(optionsOf(settings), `push-${randomUUID()}`);
  const messaging = getMessaging(app);
  // The agent that reaches the local server counts for this transport alone.
  if (settings.FCM_LOCAL_URL) messaging.enableLegacyHttpTransport();
  const heard = listenRetryAfter();

  return {
    send: async (messages: TokenMessage[]): Promise<Sent> => {
      const startedAt = performance.now();
      try {
        const { responses } = await inTime(messaging.sendEach(messages));
        return { outcomes: responses.map(toOutcome), retryAfterMs: heard.since(startedAt) };
      } catch (error) {
        const outcome: Outcome = { kind: 'later', error: String(error).slice(0, 200) };
        return { outcomes: messages.map(() => outcome), retryAfterMs: 0 };
      }
    },
    stop: async () => {
      heard.stop();
      await deleteApp(app);
    },
  };
};
export type Send = ReturnType<typeof createSend>['send'];
