type Limit = {
  /** Requests allowed in one window. */
  points: number;
  /** Length of the window in seconds. */
  seconds: number;
  /** The owner of the budget; `and` gives each chat a budget of its own. */
  by: 'user' | 'session' | 'address' | 'chat';
  and?: 'chatId';
};

/**
 * The budgets of operations and events. A deployment multiplies them by `RATE_LIMIT_FACTOR`. While
 * Redis is away each process spends a budget of the same size; quotas of codes are in PostgreSQL.
 */
export const limits = {
  sendOtp: { points: 10, seconds: 3_000, by: 'address' },
  verifyOtp: { points: 60, seconds: 600, by: 'address' },
  refresh: { points: 60, seconds: 600, by: 'session' },
  sendMessage: { points: 60, seconds: 60, by: 'user' },
  /** The sends of all members to one chat together. */
  sendToChat: { points: 120, seconds: 6, by: 'chat' },
  /** Forwards of a message that was forwarded many times before. */
  forwardOften: { points: 1, seconds: 5, by: 'user' },
  searchMessages: { points: 60, seconds: 60, by: 'user' },
  searchUsers: { points: 30, seconds: 60, by: 'user' },
  report: { points: 20, seconds: 86_400, by: 'user' },
  createChat: { points: 20, seconds: 1_200, by: 'user' },
  /** New direct chats with people who do not have the caller in their address book. */
  writeToStrangers: { points: 20, seconds: 36_000, by: 'user' },
  addMembers: { points: 20, seconds: 1_200, by: 'user' },
  typing: { points: 3, seconds: 6, by: 'user', and: 'chatId' },
  receipts: { points: 1_200, seconds: 60, by: 'user' },
  read: { points: 600, seconds: 60, by: 'user' },
  write: { points: 120, seconds: 60, by: 'user' },
  uploadMedia: { points: 50, seconds: 60, by: 'user' },
  /** 1 GiB at once, 10 MiB/s in the long run. */
  uploadKilobytes: { points: 1_048_576, seconds: 103, by: 'user' },
  probePush: { points: 10, seconds: 600, by: 'user' },
  sync: { points: 60, seconds: 60, by: 'user' },
} as const satisfies Record<string, Limit>;

export type Policy = keyof typeof limits;
