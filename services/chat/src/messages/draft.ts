import { createHash } from 'node:crypto';
import type { MediaRef, Message, SendMessage } from '@taar/contracts';
import { invalidField } from '@taar/kit/edge';
import { v7 } from 'uuid';
import type { Draft, Stored } from './insert.ts';

const withMedia = new Set<string>(['image', 'video', 'audio', 'voice', 'document']);
const maxCaption = 1_024;
/** Keys of a message's metadata that only the server writes. */
const serverKeys = ['mentions', 'media', 'event', 'actorId', 'userIds'];

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

const isNumberWithin = (value: unknown, limit: number) =>
  typeof value === 'number' && Math.abs(value) <= limit;
const isShortText = (value: unknown) =>
  value === undefined || (typeof value === 'string' && value.length <= 500);

const isLocation = ({ latitude, longitude, name, address, ...rest }: Record<string, unknown>) =>
  isNumberWithin(latitude, 90) &&
  isNumberWithin(longitude, 180) &&
  isShortText(name) &&
  isShortText(address) &&
  Object.keys(rest).length === 0;

const isContacts = ({ contacts, ...rest }: Record<string, unknown>) =>
  Array.isArray(contacts) &&
  contacts.length > 0 &&
  Object.keys(rest).length === 0 &&
  contacts.every(
    (card: { name?: unknown; phoneNumbers?: unknown } | null) =>
      typeof card?.name === 'string' &&
      Array.isArray(card.phoneNumbers) &&
      card.phoneNumbers.every((phone) => typeof phone === 'string'),
  );

const hasText = (content: string | null | undefined) =>
  typeof content === 'string' && /[^\s\p{Cf}\p{Cc}]/u.test(content);

/** Which fields each type needs, and which it cannot have. */
export const assertShape = (body: SendMessage) => {
  const { messageType = 'text', content, mediaId, forwardOf, metadata = {} } = body;
  const reserved = serverKeys.find((key) => Object.hasOwn(metadata, key));
  if (reserved) throw invalidField('metadata', 'object.unknown');
  if (forwardOf) {
    if (content || mediaId || body.replyToId || body.messageType)
      throw invalidField('forwardOf', 'object.oxor');
    return;
  }
  if (withMedia.has(messageType) !== Boolean(mediaId))
    throw invalidField('mediaId', mediaId ? 'object.unknown' : 'any.required');
  if (messageType === 'text' && !hasText(content)) throw invalidField('content', 'text.empty');
  if (mediaId && content && [...content].length > maxCaption)
    throw invalidField('content', 'text.max');
  if (messageType === 'location' && !isLocation(metadata))
    throw invalidField('metadata', 'object.base');
  if (messageType === 'contact' && !isContacts(metadata))
    throw invalidField('metadata', 'object.base');
};

/** What the body points at, as found in the database. */
export type References = {
  media?: MediaRef;
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
  content: body.content ?? null,
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
  ...(forwarded && {
    ...forwarded,
    metadata: { ...forwarded.metadata, mentions: [] },
    forwardCount: forwarded.forwardCount + 1,
  }),
});

/** A message that was just stored, as everybody gets it. */
export const toNewMessage = (draft: Draft, stored: Stored): Message => {
  const {
    mentions,
    media = null,
    ...metadata
  } = draft.metadata as {
    mentions: string[];
    media?: MediaRef;
  };
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
    mentions,
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
