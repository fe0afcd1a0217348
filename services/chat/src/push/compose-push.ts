import type { PushJob, SessionNotification } from '@taar/runtime/push-jobs';
import type { TokenMessage } from 'firebase-admin/messaging';
import { type PushTexts, textsFor } from './push-texts.ts';
import type { SendableContent } from './read-push-contents.ts';

const daySeconds = 24 * 60 * 60;
/** How long FCM keeps a push for a device that is off: the longest that it allows. */
const messageTtlSeconds = 28 * daySeconds;
const silentTtlSeconds = daySeconds;
const probeTtlSeconds = 60;
const maxPreviewLength = 200;
const appName = 'Taar';

type Notification = { title: string; body: string };
type Push = {
  data: Record<string, string>;
  /** The visible notification. A push without it is silent and wakes the app. */
  notification?: Notification;
  /** A push replaces an earlier one with the same key. */
  collapseKey: string;
  ttlSeconds: number;
  badge?: number;
};

/** Turns a push job into a message for FCM. */
export const composePush = (job: PushJob, content: SendableContent, badge: number): TokenMessage =>
  toTokenMessage(content.token, toPush(job, content, badge));

const toPush = (job: PushJob, content: SendableContent, badge: number): Push => {
  const texts = textsFor(content.locale);
  if (job.kind === 'message')
    return {
      data: {
        type: 'message',
        chatId: content.chatId,
        messageId: content.messageId,
        seq: String(content.seq),
        changeSeq: String(content.changeSeq),
        badge: String(badge),
        pushId: job.attemptId,
      },
      notification: notifyOfMessage(content, texts),
      collapseKey: content.chatId,
      ttlSeconds: messageTtlSeconds,
      badge,
    };
  if (job.kind === 'dismiss')
    return {
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
    };
  if (job.kind === 'probe')
    return {
      data: { type: 'probe', pushId: job.attemptId },
      notification: { title: appName, body: texts.probe },
      collapseKey: 'probe',
      ttlSeconds: probeTtlSeconds,
    };
  return notifyOfSession(job, texts);
};

const notifyOfMessage = (content: SendableContent, texts: PushTexts): Notification => {
  const { preview, isGroup, chatName, senderName, messageType } = content;
  const sender = senderName ?? appName;
  if (preview === 'none') return { title: appName, body: texts.message };
  if (preview === 'sender') return { title: sender, body: texts.message };
  const text = [texts[messageType], content.content].filter(Boolean).join(': ');
  const body = shorten(text || texts.message);
  return isGroup
    ? { title: chatName ?? appName, body: `${sender}: ${body}` }
    : { title: sender, body };
};

const shorten = (text: string) => {
  const points = [...text];
  return points.length > maxPreviewLength ? `${points.slice(0, maxPreviewLength).join('')}…` : text;
};

/** Holds no text that the other device chose: it may belong to a stranger. */
const notifyOfSession = (
  job: SessionNotification & { sessionId: string },
  texts: PushTexts,
): Push => {
  const isAdded = job.kind === 'session_added';
  const sessionId = isAdded ? job.addedId : job.revokedId;
  return {
    data: {
      type: job.kind,
      sessionId,
      ...(isAdded ? { platform: job.platform } : { reason: job.reason }),
    },
    notification: { title: appName, body: sessionText(job, texts) },
    collapseKey: `${job.kind}:${sessionId}`,
    ttlSeconds: messageTtlSeconds,
  };
};

const sessionText = (job: SessionNotification & { sessionId: string }, texts: PushTexts) => {
  if (job.kind === 'session_added') return texts.signedInElsewhere;
  if (job.sessionId !== job.revokedId) return texts.otherSignedOut;
  if (job.reason === 'refresh_token_reused') return texts.signedOutForSafety;
  return job.reason === 'removed' ? texts.signedOutRemotely : texts.signedOutByAnother;
};

const toTokenMessage = (token: string, push: Push): TokenMessage => {
  const { data, notification, collapseKey, ttlSeconds, badge } = push;
  const isShown = notification !== undefined;
  return {
    token,
    data,
    ...(notification && { notification }),
    android: {
      priority: isShown ? 'high' : 'normal',
      collapseKey,
      ttl: ttlSeconds * 1_000,
      ...(isShown && { notification: { tag: collapseKey } }),
    },
    apns: {
      headers: {
        'apns-collapse-id': collapseKey,
        'apns-priority': isShown ? '10' : '5',
        'apns-push-type': isShown ? 'alert' : 'background',
        'apns-expiration': String(Math.floor(Date.now() / 1_000) + ttlSeconds),
      },
      payload: {
        aps: {
          ...(badge !== undefined && { badge }),
          ...(isShown
            ? { sound: 'default', mutableContent: true, threadId: collapseKey }
            : { contentAvailable: true }),
        },
      },
    },
    webpush: {
      headers: {
        TTL: String(ttlSeconds),
        Urgency: isShown ? 'high' : 'low',
        // At most 32 characters, of an alphabet without dots and colons.
        Topic: collapseKey.replaceAll(/[^0-9a-z]/g, '').slice(-32),
      },
    },
  };
};
