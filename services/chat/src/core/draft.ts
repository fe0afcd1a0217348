import { createHash } from 'node:crypto';
import type { MediaRef, MessagePreview, SendMessage } from '@taar/contracts';
import { currentContext } from '@taar/kit/context';
import { v7 } from 'uuid';

/** One send, checked as far as it can be without the chat's lock. */
export type Draft = {
  id: string;
  chatId: string;
  senderId: string;
  clientMessageId: string;
  /** Hex SHA-256 over the chat and every field of the body. */
  payloadHash: string;
  content: string | null;
  messageType: string;
  media: MediaRef | null;
  mediaId: string | null;
  mediaUrl: string | null;
  replyToId: string | null;
  replyToStatusId: string | null;
  forwardCount: number;
  mentions: string[];
  /** The client's own metadata. */
  metadata: Record<string, unknown>;
  /** The sending socket, which gets the message by its ack and not by an event. */
  fromSocket: string | null;
  /** Stored with the push job, so that logs trace the send to its pushes. */
  requestId: string | null;
};

/** The message that a forward copies, as its sender sees it. */
export type Forwarded = {
  content: string | null;
  messageType: string;
  media: MediaRef | null;
  mediaId: string | null;
  mediaUrl: string | null;
  forwardCount: number;
  metadata: Record<string, unknown>;
};

/** Rows that a body refers to, as found in the database. */
export type References = {
  media?: MediaRef;
  replyTo?: MessagePreview;
  forwarded?: Forwarded;
};

/** The largest value of the column. */
const maxForwardCount = 32_767;

export const toDraft = (
  senderId: string,
  body: SendMessage,
  { media, forwarded }: References,
  fromSocket: string | undefined,
): Draft => ({
  id: v7(),
  chatId: body.chatId,
  senderId,
  clientMessageId: body.clientMessageId,
  payloadHash: payloadHash(body),
  content: body.content || null,
  messageType: body.messageType ?? 'text',
  media: media ?? null,
  mediaId: body.mediaId ?? null,
  mediaUrl: media?.url ?? null,
  replyToId: body.replyToId ?? null,
  replyToStatusId: body.replyToStatusId ?? null,
  forwardCount: 0,
  mentions: body.mentions ?? [],
  metadata: body.metadata ?? {},
  fromSocket: fromSocket ?? null,
  requestId: currentContext()?.requestId ?? null,
  ...(forwarded && {
    ...forwarded,
    forwardCount: Math.min(forwarded.forwardCount + 1, maxForwardCount),
  }),
});

/** Tells a retry from another message under the same id. Absent and null fields are the same. */
export const payloadHash = (body: SendMessage): string => {
  const hashed = Object.entries(body).filter(
    ([key, value]) => key !== 'clientMessageId' && value !== null && value !== undefined,
  );
  return createHash('sha256')
    .update(JSON.stringify(canonical(Object.fromEntries(hashed))))
    .digest('hex');
};

/** Sorts keys at every depth, so that equal bodies have equal JSON. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
};
