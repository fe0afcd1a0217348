import type { SessionNotification, PushJob } from '@taar/runtime/push-jobs';
import type { TokenMessage } from 'firebase-admin/messaging';
import type { PushContent } from './contents.ts';
import { type Words, wordsFor } from './words.ts';

const daySeconds = 24 * 60 * 60;
/** For as long FCM keeps what a device has not fetched. */
const messageTtlSeconds = 28 * daySeconds;
const silentTtlSeconds = daySeconds;
const probeTtlSeconds = 60;
const maxPreview = 200;
const appName = 'Taar';

type Text = { title: string; body: string };
type Shape = {
  data: Record<string, string>;
  /** What the system itself shows; without it the app is woken silently. */
  text?: Text;
  /** Of several that wait for a device, only the last one reaches it. */
  collapseKey: string;
  ttlSeconds: number;
  badge?: number;
};

const shorten = (text: string) => {
  const points = [...text];
  return points.length > maxPreview ? `${points.slice(0, maxPreview).join('')}…` : text;
};

const textOf = (content: PushContent): Text => {
  const { preview, isGroup, chatName, senderName, messageType, locale } = content;
  const words = wordsFor(locale);
  const sender = senderName ?? appName;
  if (preview === 'none') return { title: appName, body: words.message };
  if (preview === 'sender') return { title: sender, body: words.message };
  const said = [words[messageType], content.content].filter(Boolean).join(': ');
  const body = shorten(said || words.message);
  return isGroup
    ? { title: chatName ?? appName, body: `${sender}: ${body}` }
    : { title: sender, body };
};

/** To the device itself, or to another one of the same person. */
const alertText = (alert: SessionNotification, isOwn: boolean, words: Words) => {
  if (alert.kind === 'session_added') return words.signedInElsewhere;
  if (!isOwn) return words.otherSignedOut;
  if (alert.reason === 'refresh_token_reused') return words.signedOutForSafety;
  return alert.reason === 'removed' ? words.signedOutRemotely : words.signedOutByAnother;
};

/** Nothing in it was chosen by whoever signed in: it may be a stranger. */
const alertShape = (job: SessionNotification & { sessionId: string }, words: Words): Shape => {
  const isAdded = job.kind === 'session_added';
  const sessionId = isAdded ? job.addedId : job.revokedId;
  return {
    data: {
      type: job.kind,
      sessionId,
      ...(isAdded ? { platform: job.platform } : { reason: job.reason }),
    },
    text: { title: appName, body: alertText(job, job.sessionId === sessionId, words) },
    collapseKey: `${job.kind}:${sessionId}`,
    ttlSeconds: messageTtlSeconds,
  };
};

const toMessage = (token: string, shape: Shape): TokenMessage => {
  const { data, text, collapseKey, ttlSeconds, badge } = shape;
  const isLoud = text !== undefined;
  return {
    token,
    data,
    ...(text && { notification: text }),
    android: {
      priority: isLoud ? 'high' : 'normal',
      collapseKey,
      ttl: ttlSeconds * 1_000,
      ...(isLoud && { notification: { tag: collapseKey } }),
    },
    apns: {
      headers: {
        'apns-collapse-id': collapseKey,
        'apns-priority': isLoud ? '10' : '5',
        'apns-push-type': isLoud ? 'alert' : 'background',
        'apns-expiration': String(Math.floor(Date.now() / 1_000) + ttlSeconds),
      },
      payload: {
        aps: {
          ...(badge !== undefined && { badge }),
          ...(isLoud
            ? { sound: 'default', mutableContent: true, threadId: collapseKey }
            : { contentAvailable: true }),
        },
      },
    },
    webpush: {
      headers: {
        TTL: String(ttlSeconds),
        Urgency: isLoud ? 'high' : 'low',
        // At most 32 characters, of an alphabet without dots and colons.
        Topic: collapseKey.replaceAll(/[^0-9a-z]/g, '').slice(-32),
      },
    },
  };
};

type Composed = { job: PushJob; token: string; content: PushContent; badge: number };

/** A push as FCM takes it. */
export const compose = ({ job, token, content, badge }: Composed): TokenMessage => {
  if (job.kind === 'message')
    return toMessage(token, {
      data: {
        type: 'message',
        chatId: content.chatId,
        messageId: content.messageId,
        seq: String(content.seq),
        changeSeq: String(content.changeSeq),
        badge: String(badge),
        pushId: job.attemptId,
      },
      text: textOf(content),
      collapseKey: content.chatId,
      ttlSeconds: messageTtlSeconds,
      badge,
    });
  if (job.kind === 'dismiss')
    return toMessage(token, {
      data: {
        type: 'notification_dismiss',
        chatId: job.chatId,
        ...(job.upToSeq !== undefined && { upToSeq: String(job.upToSeq) }),
        ...(job.messageId !== undefined && { messageId: job.messageId }),
        badge: String(badge),
      },
      collapseKey: `dismiss:${job.chatId}`,
      ttlSeconds: silentTtlSeconds,
      badge,
    });
  if (job.kind !== 'probe') return toMessage(token, alertShape(job, wordsFor(content.locale)));
  return toMessage(token, {
    data: { type: 'probe', pushId: job.attemptId },
    text: { title: appName, body: wordsFor(content.locale).probe },
    collapseKey: 'probe',
    ttlSeconds: probeTtlSeconds,
  });
};
