import type { Chat, ChatInfo, Presence, Role } from '@taar/contracts';
import { type PersonRow, toUserSummary } from '@taar/domain/people';
import { withDefaults } from './access.ts';
import { type MessageRow, toMessage } from './message-rows.ts';

export type ChatRow = {
  id: string;
  is_group: boolean;
  name: string | null;
  description: string | null;
  avatar_url: string | null;
  created_by: string | null;
  created_at: Date;
  updated_at: Date;
  activity_at: Date;
  member_count: number;
  member_epoch: number;
  last_seq: bigint;
  change_seq: bigint;
  settings: unknown;
  role: Role;
  left_at: Date | null;
  left_seq: bigint | null;
  left_view: ChatInfo | null;
  removed_by: string | null;
  last_read_seq: bigint;
  last_delivered_seq: bigint;
  marked_unread: boolean;
  muted_until: Date | null;
  pinned_at: Date | null;
  archived_at: Date | null;
  hidden: boolean;
  cleared_before_seq: bigint;
  joined_seq: bigint;
  unread: number;
  mention_count: number;
  peer: PersonRow | null;
  peer_presence: Presence | null;
  blocked_by_me: boolean;
  delivered_to_all: bigint | null;
  read_by_all: bigint | null;
  last_message: MessageRow | null;
};

const time = (at: Date | null) => at?.toISOString() ?? null;

/** What is the same for every member. */
export const toChatInfo = (
  row: Pick<ChatInfo, 'name' | 'description' | 'avatarUrl' | 'memberCount' | 'memberEpoch'> & {
    settings: unknown;
  },
): ChatInfo => ({
  name: row.name,
  description: row.description,
  avatarUrl: row.avatarUrl,
  settings: withDefaults(row.settings),
  memberCount: row.memberCount,
  memberEpoch: row.memberEpoch,
});

/** To a former member it stays what it was when they left. */
const infoOf = (row: ChatRow): ChatInfo =>
  row.left_view ??
  toChatInfo({
    name: row.name,
    description: row.description,
    avatarUrl: row.avatar_url,
    settings: row.settings,
    memberCount: row.member_count,
    memberEpoch: row.member_epoch,
  });

/** Row to wire. */
export const toChat = (row: ChatRow, lastMessage: MessageRow | null, viewer: string): Chat => ({
  id: row.id,
  isGroup: row.is_group,
  ...infoOf(row),
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  lastActivityAt: row.activity_at.toISOString(),
  lastSeq: Number(row.last_seq),
  changeSeq: Number(row.change_seq),
  ...(row.peer && {
    peer: {
      ...toUserSummary(row.peer),
      presence: row.peer_presence ?? { online: null, lastSeen: null },
      blockedByMe: row.blocked_by_me,
    },
  }),
  lastMessage: lastMessage && toMessage(lastMessage, viewer),
  my: {
    role: row.role,
    membership: row.left_at === null ? 'active' : row.removed_by === null ? 'left' : 'removed',
    lastReadSeq: Number(row.last_read_seq),
    lastDeliveredSeq: Number(row.last_delivered_seq),
    unreadCount: row.unread,
    mentionCount: row.mention_count,
    markedUnread: row.marked_unread,
    mutedUntil: time(row.muted_until),
    pinnedAt: time(row.pinned_at),
    archived: row.archived_at !== null,
    hidden: row.hidden,
    clearedBeforeSeq: Number(row.cleared_before_seq),
    joinedSeq: Number(row.joined_seq),
    leftSeq: row.left_seq === null ? null : Number(row.left_seq),
  },
  ...(row.left_at === null &&
    row.delivered_to_all !== null && {
      receipts: {
        deliveredToAllUpToSeq: Number(row.delivered_to_all),
        readByAllUpToSeq: Number(row.read_by_all),
      },
    }),
});
