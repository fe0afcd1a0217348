import { presence, userFields, userSummary } from './user.ts';
import { message } from './message.ts';
import { mediaPath } from './media.ts';
import { maxUnreadCount } from '../protocol.ts';
import {
  type Infer,
  boolean,
  integer,
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

export const role = () => oneOf('owner', 'admin', 'member');
export type Role = Infer<ReturnType<typeof role>>;

export const disappearingSeconds = () => nullable(integer(60, 31_536_000));

export const chatSettings = object({
  whoCanSend: oneOf('all', 'admins'),
  whoCanEditInfo: oneOf('all', 'admins'),
  whoCanAddMembers: oneOf('all', 'admins'),
  disappearingSeconds: disappearingSeconds(),
});
export type ChatSettings = Infer<typeof chatSettings>;

/** A user's own view of a chat: private, and the same on all their devices. */
export const myChat = object({
  role: role(),
  membership: oneOf('active', 'left', 'removed'),
  lastReadSeq: natural(),
  lastDeliveredSeq: natural(),
  unreadCount: integer(0, maxUnreadCount),
  mentionCount: natural(),
  markedUnread: boolean(),
  mutedUntil: nullable(time()),
  pinnedAt: nullable(time()),
  archived: boolean(),
  /** The user deleted the chat and no message came since: it is not listed. */
  hidden: boolean(),
  clearedBeforeSeq: natural(),
  joinedSeq: natural(),
  leftSeq: nullable(natural()),
});

/** The part of a chat that is the same for every member. */
export const chatInfo = named(
  'ChatInfo',
  object({
    name: nullable(text(255)),
    description: nullable(text(2_048)),
    avatarUrl: nullable(mediaPath()),
    settings: chatSettings,
    memberCount: natural(),
    memberEpoch: natural(),
  }),
);
export type ChatInfo = Infer<typeof chatInfo>;

/** How far all other members have received and read a chat; clients draw ticks from it. */
export const receiptSummary = { deliveredToAllUpToSeq: natural(), readByAllUpToSeq: natural() };

const chatFields = {
  id: uuid(),
  isGroup: boolean(),
  name: nullable(text(255)),
  description: nullable(text(2_048)),
  avatarUrl: nullable(mediaPath()),
  createdBy: nullable(uuid()),
  createdAt: time(),
  updatedAt: time(),
  /** Chats that are not pinned are sorted by this time. */
  lastActivityAt: time(),
  memberCount: natural(),
  memberEpoch: natural(),
  lastSeq: natural(),
  changeSeq: natural(),
  /** The other user of a direct chat. */
  peer: optional(object({ ...userFields, presence, blockedByMe: boolean() })),
  settings: chatSettings,
  lastMessage: nullable(message),
  my: myChat,
  receipts: optional(object(receiptSummary)),
};
export const chat = named('Chat', object(chatFields));
export type Chat = Infer<typeof chat>;

/** `invited`: users whom the creator may not add, but can send an invite link. */
export const createdChat = named(
  'CreatedChat',
  object({ ...chatFields, invited: optional(list(uuid())) }),
);
export type CreatedChat = Infer<typeof createdChat>;

export const member = named(
  'Member',
  object({
    user: userSummary,
    role: role(),
    joinedAt: time(),
    lastReadSeq: optional(natural()),
    lastDeliveredSeq: optional(natural()),
  }),
);
export type Member = Infer<typeof member>;
