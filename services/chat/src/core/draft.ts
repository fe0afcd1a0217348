import { createHash } from 'node:crypto';
import type { MediaRef, Message, MessagePreview, SendMessage } from '@taar/contracts';
import { currentContext } from '@taar/kit/context';
import { v7 } from 'uuid';
import type { Draft, Stored } from './insert-messages.ts';

/** What its column holds. */
const maxForwardCount = 32_767;

const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
};

/** Tells a retry from another message under the same id: absent and null are the same. */
export const payloadHash = ({ clientMessageId: _, ...body }: SendMessage) => {
  const present = Object.entries(body).filter(([, value]) => value !== null && value !== undefined);
  return createHash('sha256')
    .update(JSON.stringify(canonical(Object.fromEntries(present))))
    .digest('hex');
};

/** What the body points at, as found in the database. */
export type References = {
  media?: MediaRef;
  replyTo?: MessagePreview;
  forwarded?: {
    content: string | null;
    messageType: string;
    mediaId: string | null;
    mediaUrl: string | null;
    forwardCount: number;
    metadata: Record<string, unknown>;
  };
};

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
  mediaId: body.mediaId ?? null,
  mediaUrl: media?.url ?? null,
  replyToId: body.replyToId ?? null,
  replyToStatusId: body.replyToStatusId ?? null,
  forwardCount: 0,
  metadata: {
    ...body.metadata,
    mentions: body.mentions ?? [],
    ...(media && { media }),
  },
  fromSocket: fromSocket ?? null,
  requestId: currentContext()?.requestId ?? null,
  ...(forwarded && {
    ...forwarded,
    metadata: { ...forwarded.metadata, mentions: [] },
    forwardCount: Math.min(forwarded.forwardCount + 1, maxForwardCount),
  }),
});

/** A message that was just stored, as everybody gets it. */
export const toNewMessage = (draft: Draft, stored: Stored): Message => {
  const {
    mentions: _,
    media = null,
    ...metadata
  } = draft.metadata as { media?: MediaRef } & Record<string, unknown>;
  const createdAt = stored.createdAt.toISOString();
  return {
    id: stored.id,
    chatId: draft.chatId,
    seq: stored.seq,
    changeSeq: stored.changeSeq,
    senderId: draft.senderId,
    messageType: draft.messageType as Message['messageType'],
    content: draft.content,
    mediaUrl: draft.mediaUrl,
    media,
    replyToId: draft.replyToId,
    replyToStatusId: draft.replyToStatusId,
    isForwarded: draft.forwardCount > 0,
    forwardCount: draft.forwardCount,
    mentions: stored.mentions,
    metadata,
    reactions: [],
    pinned: false,
    editedAt: null,
    deletedAt: null,
    expiresAt: stored.expiresAt?.toISOString() ?? null,
    createdAt,
    updatedAt: createdAt,
  };
};
