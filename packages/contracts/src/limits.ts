type Limit = {
  /** Requests allowed in one window. */
  points: number;
  /** Length of the window in seconds. */
  seconds: number;
  /** The owner of the budget; `and` gives each chat a budget of its own. */
  by: 'user' | 'session' | 'address' | 'chat';
  and?: 'chatId';
  /**
   * Without Redis, `local` spends an in-process budget of the same size, and `closed` rejects with
   * `dependency_unavailable`.
   */
  withoutRedis: 'local' | 'closed';
};

/** The budgets of operations and events. A deployment multiplies them by `RATE_LIMIT_FACTOR`. */
export const limits = {
  sendOtp: { points: 10, seconds: 3_000, by: 'address', withoutRedis: 'closed' },
  verifyOtp: { points: 60, seconds: 600, by: 'address', withoutRedis: 'closed' },
  refresh: { points: 60, seconds: 600, by: 'session', withoutRedis: 'local' },
  sendMessage: { points: 60, seconds: 60, by: 'user', withoutRedis: 'local' },
  /** The sends of all members to one chat together. */
  sendToChat: { points: 120, seconds: 6, by: 'chat', withoutRedis: 'local' },
  /** Forwards of a message that was forwarded many times before. */
  forwardOften: { points: 1, seconds: 5, by: 'user', withoutRedis: 'local' },
  searchMessages: { points: 60, seconds: 60, by: 'user', withoutRedis: 'local' },
  searchUsers: { points: 30, seconds: 60, by: 'user', withoutRedis: 'local' },
  report: { points: 20, seconds: 86_400, by: 'user', withoutRedis: 'local' },
  createChat: { points: 20, seconds: 1_200, by: 'user', withoutRedis: 'local' },
  /** New direct chats with people who do not have the caller in their address book. */
  writeToStrangers: { points: 20, seconds: 36_000, by: 'user', withoutRedis: 'local' },
  addMembers: { points: 20, seconds: 1_200, by: 'user', withoutRedis: 'local' },
  typing: { points: 3, seconds: 6, by: 'user', and: 'chatId', withoutRedis: 'local' },
  receipts: { points: 1_200, seconds: 60, by: 'user', withoutRedis: 'local' },
  read: { points: 600, seconds: 60, by: 'user', withoutRedis: 'local' },
  write: { points: 120, seconds: 60, by: 'user', withoutRedis: 'local' },
  uploadMedia: { points: 50, seconds: 60, by: 'user', withoutRedis: 'local' },
  /** 1 GiB at once, 10 MiB/s in the long run. */
  uploadKilobytes: { points: 1_048_576, seconds: 103, by: 'user', withoutRedis: 'local' },
  probePush: { points: 10, seconds: 600, by: 'user', withoutRedis: 'local' },
  sync: { points: 60, seconds: 60, by: 'user', withoutRedis: 'local' },
} as const satisfies Record<string, Limit>;

export type Policy = keyof typeof limits;
