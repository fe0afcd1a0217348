/** The version of the socket and sync protocol. A client names it; the server serves no other. */
export const protocolVersion = 1;

/**
 * The digest of a client's state is `digestWeight × userVer` plus the `changeSeq` of its chats. The
 * weight keeps steps of `userVer` and steps of chats from cancelling each other out.
 */
export const digestWeight = 1_000_003;

/** Unread counts stop here; clients show it as "999+". */
export const maxUnreadCount = 999;

/** The most that one sync request may list or ask for. */
export const syncSizes = {
  chats: 1_000,
  messagesPerChat: 200,
  messages: 1_000,
  bytes: 512 * 1024,
  /** The least number of bytes that a request may state. */
  leastBytes: 4 * 1024,
};

/** Chats in one `message_received` of a client. */
export const maxDeliveredChats = 1_000;
