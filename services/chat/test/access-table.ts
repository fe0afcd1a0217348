import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '@taar/contracts';

export const standings = ['outsider', 'former', 'member', 'admin', 'owner'] as const;
export type Standing = (typeof standings)[number];

/** The group that one caller of the table calls about. */
export type Target = {
  chatId: string;
  /** A member without a role, other than the caller. */
  otherId: string;
  strangerId: string;
  /** A message that the caller sent while they were a member. */
  messageId: string;
  token: string;
};

type Entry = {
  /** The input beside `chatId`. */
  input?: (target: Target) => object;
  /** Differences from the rule that outsiders find no chat and former members can only read. */
  expect?: Partial<Record<Standing, ErrorCode | 'ok'>>;
};

const aboutMessage = ({ messageId }: Target) => ({ messageId });
const adminsOnly = { member: 'forbidden_role' } as const;
const ownerOnly = { member: 'forbidden_role', admin: 'forbidden_role' } as const;
// Former members move their watermark up to where they left; no member receives it.
const ownWatermark = { former: 'ok' } as const;
// These routes and events may name chats that are not the caller's, and skip them.
const skipped = { outsider: 'ok', former: 'ok' } as const;

/** Who may call which route and event of a chat. A test fails for one that has no entry. */
export const routes: Record<string, Entry> = {
  getChat: {},
  updateChat: { input: () => ({ name: 'Ranna' }), expect: adminsOnly },
  deleteChat: { input: () => ({ scope: 'me' }), expect: { former: 'ok' } },
  listMembers: {},
  addMembers: { input: ({ strangerId }) => ({ userIds: [strangerId] }), expect: adminsOnly },
  changeRole: {
    input: ({ otherId }) => ({ userId: otherId, role: 'admin' }),
    expect: ownerOnly,
  },
  removeMember: { input: ({ otherId }) => ({ userId: otherId }), expect: adminsOnly },
  createInviteLink: { expect: adminsOnly },
  revokeInviteLink: { input: ({ token }) => ({ token }), expect: adminsOnly },

  listMessages: {},
  getMessage: { input: aboutMessage },
  sendMessage: { input: () => ({ clientMessageId: randomUUID(), content: 'hello' }) },
  editMessage: { input: (target) => ({ ...aboutMessage(target), content: 'better' }) },
  deleteMessage: { input: (target) => ({ ...aboutMessage(target), scope: 'everyone' }) },
  setReaction: { input: (target) => ({ ...aboutMessage(target), emoji: '👍' }) },
  removeReaction: { input: (target) => ({ ...aboutMessage(target), emoji: '👍' }) },
  starMessage: { input: aboutMessage },
  unstarMessage: { input: aboutMessage },
  pinMessage: { input: aboutMessage, expect: adminsOnly },
  unpinMessage: { input: aboutMessage, expect: adminsOnly },
  searchMessages: { input: () => ({ q: 'hello' }) },

  markDelivered: { input: () => ({ upToSeq: 1 }), expect: skipped },
  markRead: { input: () => ({ upToSeq: 1 }), expect: ownWatermark },
  // Receipts go on changing after a member left, so former members do not see them.
  listReceipts: { input: aboutMessage, expect: { former: 'not_a_member' } },
};

export const events: Record<string, Entry> = {
  send_message: { input: () => ({ clientMessageId: randomUUID(), content: 'hello' }) },
  message_received: { input: () => ({ upToSeq: 1 }), expect: skipped },
  message_read: { input: () => ({ upToSeq: 1 }), expect: ownWatermark },
  join_chat: {},
  leave_chat: { expect: skipped },
  typing_start: {},
  typing_stop: { expect: skipped },
};

/** Routes without a chatId and their input; their answers show outsiders nothing of a chat. */
export const routesOfNoChat: Record<string, (target: Target) => object> = {
  listChats: () => ({}),
  createChat: ({ otherId }) => ({ isGroup: false, memberIds: [otherId] }),
  joinByInvite: ({ token }) => ({ token: [...token].toReversed().join('') }),
  listStarred: () => ({}),
  sync: ({ chatId }) => ({
    protocol: 1,
    userVer: 0,
    chats: [{ id: chatId, changeSeq: 0 }],
    want: { receipts: [chatId] },
  }),
};
export const eventsOfNoChat = ['authenticate', 'last_seen_update', 'sync'];

/** The answer that an entry states for a standing. */
export const expectedAnswer = (
  entry: Entry,
  standing: Standing,
  isRead: boolean,
): ErrorCode | 'ok' => {
  const rule: Partial<Record<Standing, ErrorCode | 'ok'>> = {
    outsider: 'chat_not_found',
    former: isRead ? 'ok' : 'not_a_member',
  };
  return entry.expect?.[standing] ?? rule[standing] ?? 'ok';
};
