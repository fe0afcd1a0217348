import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '@taar/contracts';

export const standings = ['outsider', 'former', 'member', 'admin', 'owner'] as const;
export type Standing = (typeof standings)[number];

/** A group as one caller finds it. */
export type World = {
  chatId: string;
  /** An ordinary member who is not the caller. */
  otherId: string;
  strangerId: string;
  /** The caller's own message, sent while they were in. */
  messageId: string;
  token: string;
};

type Entry = {
  /** What is sent beside `chatId`. */
  input?: (world: World) => object;
  /** Where it differs from the rule: outsiders find no chat, former members only read. */
  expect?: Partial<Record<Standing, ErrorCode | 'ok'>>;
};

const aboutMessage = ({ messageId }: World) => ({ messageId });
const adminsOnly = { member: 'forbidden_role' } as const;
const ownerOnly = { member: 'forbidden_role', admin: 'forbidden_role' } as const;
// One's own watermark, up to where one left: nobody in the chat is told of it.
const ownWatermark = { former: 'ok' } as const;
// Of many chats at once: those that are not the caller's are passed over.
const passedOver = { outsider: 'ok', former: 'ok' } as const;

/** Who may call what, for every route and event of a chat. A new one belongs in here. */
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
  editMessage: { input: (world) => ({ ...aboutMessage(world), content: 'better' }) },
  deleteMessage: { input: (world) => ({ ...aboutMessage(world), scope: 'everyone' }) },
  setReaction: { input: (world) => ({ ...aboutMessage(world), emoji: '👍' }) },
  removeReaction: { input: (world) => ({ ...aboutMessage(world), emoji: '👍' }) },
  starMessage: { input: aboutMessage },
  unstarMessage: { input: aboutMessage },
  pinMessage: { input: aboutMessage, expect: adminsOnly },
  unpinMessage: { input: aboutMessage, expect: adminsOnly },
  searchMessages: { input: () => ({ q: 'hello' }) },

  markRead: { input: () => ({ upToSeq: 1 }), expect: ownWatermark },
  // It goes on after they left.
  listReceipts: { input: aboutMessage, expect: { former: 'not_a_member' } },
};

export const events: Record<string, Entry> = {
  send_message: { input: () => ({ clientMessageId: randomUUID(), content: 'hello' }) },
  message_received: { input: () => ({ upToSeq: 1 }), expect: passedOver },
  message_read: { input: () => ({ upToSeq: 1 }), expect: ownWatermark },
  join_chat: {},
  leave_chat: { expect: passedOver },
  typing_start: {},
  typing_stop: { expect: passedOver },
};

/** Routes of no one chat, with what is sent: nothing of a chat is in what outsiders get by them. */
export const routesOfNoChat: Record<string, (world: World) => object> = {
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

/** What an entry promises to a caller. */
export const promised = (entry: Entry, standing: Standing, reads: boolean): ErrorCode | 'ok' => {
  const rule: Partial<Record<Standing, ErrorCode | 'ok'>> = {
    outsider: 'chat_not_found',
    former: reads ? 'ok' : 'not_a_member',
  };
  return entry.expect?.[standing] ?? rule[standing] ?? 'ok';
};
