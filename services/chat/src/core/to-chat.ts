import type { Chat, ChatInfo, Presence, Role } from '@taar/contracts';
import { type PersonRow, toUserSummary } from '@taar/domain/people';
import { withDefaults } from './access.ts';
import { type MessageRow, fromJson, toMessage } from './to-message.ts';

type Shared = Omit<ChatInfo, 'settings'> & { settings: unknown };

export type ChatRow = Shared & {
  id: string;
  isGroup: boolean;
  createdBy: string | null;
  createdAt: Date;
  updatedAt: Date;
  activityAt: Date;
  lastSeq: bigint;
  changeSeq: bigint;
  role: Role;
  leftAt: Date | null;
  leftSeq: bigint | null;
  leftView: ChatInfo | null;
  removedBy: string | null;
  lastReadSeq: bigint;
  lastDeliveredSeq: bigint;
  markedUnread: boolean;
  mutedUntil: Date | null;
  pinnedAt: Date | null;
  archivedAt: Date | null;
  hidden: boolean;
  clearedBeforeSeq: bigint;
  joinedSeq: bigint;
  unread: number;
  mentionCount: number;
  peer: PersonRow | null;
  peerPresence: Presence | null;
  blockedByMe: boolean;
  deliveredToAll: bigint | null;
  readByAll: bigint | null;
  lastMessage: MessageRow | null;
};

/** Row to wire. */
export const toChat = (row: ChatRow, viewer: string): Chat => ({
  id: row.id,
  isGroup: row.isGroup,
  // A former member goes on seeing the chat as it was when they left.
  ...(row.leftView ?? toChatInfo(row)),
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  lastActivityAt: row.activityAt.toISOString(),
  lastSeq: Number(row.lastSeq),
  changeSeq: Number(row.changeSeq),
  ...(row.peer && {
    peer: {
      ...toUserSummary(row.peer),
      presence: row.peerPresence ?? { online: null, lastSeen: null },
      blockedByMe: row.blockedByMe,
    },
  }),
  lastMessage: row.lastMessage && toMessage(fromJson(row.lastMessage), viewer),
  my: {
    role: row.role,
    membership: row.leftAt === null ? 'active' : row.removedBy === null ? 'left' : 'removed',
    lastReadSeq: Number(row.lastReadSeq),
    lastDeliveredSeq: Number(row.lastDeliveredSeq),
    unreadCount: row.unread,
    mentionCount: row.mentionCount,
    markedUnread: row.markedUnread,
    mutedUntil: time(row.mutedUntil),
    pinnedAt: time(row.pinnedAt),
    archived: row.archivedAt !== null,
    hidden: row.hidden,
    clearedBeforeSeq: Number(row.clearedBeforeSeq),
    joinedSeq: Number(row.joinedSeq),
    leftSeq: row.leftSeq === null ? null : Number(row.leftSeq),
  },
  ...(row.leftAt === null &&
    row.deliveredToAll !== null && {
      receipts: {
        deliveredToAllUpToSeq: Number(row.deliveredToAll),
        readByAllUpToSeq: Number(row.readByAll),
      },
    }),
});

/** The fields of a chat that are the same for every member. */
export const toChatInfo = (row: Shared): ChatInfo => ({
  name: row.name,
  description: row.description,
  avatarUrl: row.avatarUrl,
  settings: withDefaults(row.settings),
  memberCount: row.memberCount,
  memberEpoch: row.memberEpoch,
});

const time = (at: Date | null) => at?.toISOString() ?? null;
