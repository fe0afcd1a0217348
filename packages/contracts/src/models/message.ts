import { sizes } from '../sizes.ts';
import { mediaPath, mediaRef } from './media.ts';
import {
  type Infer,
  anyObject,
  boolean,
  list,
  named,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  text,
  time,
  uuid,
} from '../schema.ts';

export const messageTypes = [
  'text',
  'image',
  'video',
  'audio',
  'voice',
  'document',
  'location',
  'contact',
] as const;
export const messageType = () => oneOf(...messageTypes, 'system');
export type MessageType = Infer<ReturnType<typeof messageType>>;

/** The events of system messages, in `metadata: { event, actorId, userIds? }`. */
export const systemEvents = [
  'group_created',
  'members_added',
  'member_joined_by_link',
  'member_removed',
  'member_left',
  'role_changed',
  'owner_changed',
  'name_changed',
  'description_changed',
  'avatar_changed',
  'settings_changed',
  'disappearing_changed',
  'message_pinned',
] as const;
export type SystemEvent = (typeof systemEvents)[number];

export const messagePreview = named(
  'MessagePreview',
  object({
    id: uuid(),
    seq: natural(),
    senderId: nullable(uuid()),
    messageType: messageType(),
    content: nullable(text(sizes.content)),
    deleted: boolean(),
  }),
);
export type MessagePreview = Infer<typeof messagePreview>;

/**
 * A message, or the tombstone of a deleted one: same id, seq, sender and time, `deletedAt` set, all
 * else empty. Only REST and sync state `my`; only the sender gets `clientMessageId`.
 */
export const message = named(
  'Message',
  object({
    id: uuid(),
    chatId: uuid(),
    seq: natural(),
    changeSeq: natural(),
    clientMessageId: optional(uuid()),
    senderId: nullable(uuid()),
    messageType: messageType(),
    content: nullable(text(sizes.content)),
    mediaUrl: nullable(mediaPath()),
    media: nullable(mediaRef),
    replyToId: nullable(uuid()),
    replyTo: optional(nullable(messagePreview)),
    replyToStatusId: nullable(uuid()),
    isForwarded: boolean(),
    forwardCount: natural(),
    mentions: list(uuid()),
    metadata: anyObject(),
    reactions: list(object({ emoji: text(16), count: natural() })),
    pinned: boolean(),
    my: optional(object({ starred: boolean(), reaction: nullable(text(16)) })),
    editedAt: nullable(time()),
    deletedAt: nullable(time()),
    expiresAt: nullable(time()),
    createdAt: time(),
    updatedAt: time(),
  }),
);
export type Message = Infer<typeof message>;
