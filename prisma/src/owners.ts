export const services = ['auth', 'chat', 'user', 'media', 'status'] as const;
export type Service = (typeof services)[number];

/** Rights of a service on the rows of a table. An update can be limited to columns. */
export type Rights = {
  readonly insert?: true;
  readonly update?: true | readonly string[];
  readonly delete?: true;
};

export type Ownership = {
  /** The table's name in the generated client. */
  readonly model: string;
  readonly owner: Service;
  readonly readers: readonly Service[];
  /** A writer may also read. */
  readonly writers: { readonly [S in Service]?: Rights };
};

const all = { insert: true, update: true, delete: true } as const;
const addAndRemove = { insert: true, delete: true } as const;
/** Services that decide by chats or statuses what a user may see. */
const viewers = ['chat', 'user', 'media', 'status'] as const;

/** The common case: one service writes the table, some services read it. */
const owned = <const M extends string, const S extends Service, const R extends readonly Service[]>(
  owner: S,
  model: M,
  readers: R,
) => ({ model, owner, readers, writers: { [owner]: all } as Record<S, typeof all> });

const profile = ['name', 'about', 'avatar_url', 'updated_at'] as const;
const identity = ['firebase_uid', 'phone_number'] as const;
const presence = ['is_online', 'last_seen'] as const;
/** Every service enqueues jobs; the service that owns a topic works its jobs. */
const jobs = {
  insert: true,
  update: ['attempts', 'available_at', 'locked_until', 'done_at', 'dead_at', 'last_error'],
} as const;
/** Every service records the first use of a refresh token generation. */
const firstUse = ['used_gen', 'used_at'] as const;
const version = { insert: true, update: ['user_ver'] } as const;

/**
 * Writers and readers of each table. The types of each service's client and the grants of its
 * database role both come from here.
 */
export const owners = {
  server_state: { model: 'serverState', owner: 'chat', readers: ['chat'], writers: {} },
  outbox: {
    model: 'outbox',
    owner: 'chat',
    readers: services,
    writers: { auth: jobs, chat: { ...jobs, delete: true }, user: jobs, media: jobs, status: jobs },
  },
  audit_log: {
    model: 'auditLog',
    owner: 'user',
    readers: ['user'],
    writers: {
      auth: { insert: true },
      chat: { insert: true },
      user: { insert: true },
      media: { insert: true },
      status: { insert: true },
    },
  },

  users: {
    model: 'user',
    owner: 'user',
    readers: services,
    writers: {
      auth: { insert: true, update: [...identity, ...profile, ...presence] },
      user: { update: [...identity, ...profile, ...presence] },
      chat: { update: presence },
      media: { update: ['avatar_url', 'updated_at'] },
    },
  },
  user_state: {
    model: 'userState',
    owner: 'user',
    readers: services,
    writers: {
      auth: { insert: true, update: ['user_ver', 'deleted_at', 'erase_after'] },
      user: { insert: true, update: true },
      chat: version,
      status: version,
    },
  },
  user_settings: owned('user', 'userSettings', services),
  privacy_exceptions: owned('user', 'privacyException', services),
  contacts: owned('user', 'contact', services),
  lookup_budgets: owned('user', 'lookupBudget', ['user']),
  blocks: owned('user', 'block', services),
  user_removals: {
    model: 'userRemoval',
    owner: 'user',
    readers: ['chat', 'user'],
    writers: { user: all, chat: all },
  },
  reports: owned('user', 'report', ['user']),
  data_exports: owned('user', 'dataExport', ['user', 'media']),
  erasure_jobs: owned('user', 'erasureJob', ['user']),

  sessions: {
    model: 'session',
    owner: 'auth',
    readers: services,
    writers: {
      auth: all,
      chat: { update: [...firstUse, 'push_token', 'push_failed_at'] },
      user: { update: [...firstUse, 'push_token', 'revoked_at', 'revoke_reason'] },
      media: { update: firstUse },
      status: { update: firstUse },
    },
  },
  otp_requests: owned('auth', 'otpRequest', ['auth']),
  otp_prefix_stats: owned('auth', 'otpPrefixStat', ['auth']),
  user_pins: owned('auth', 'userPin', ['auth']),

  chats: owned('chat', 'chat', viewers),
  chat_members: owned('chat', 'chatMember', viewers),
  member_spans: owned('chat', 'memberSpan', viewers),
  chat_invites: owned('chat', 'chatInvite', ['chat', 'user']),
  push_attempts: {
    model: 'pushAttempt',
    owner: 'chat',
    readers: ['chat', 'user'],
    writers: { chat: all, user: { insert: true, update: ['state', 'at'] } },
  },
  messages: owned('chat', 'message', viewers),
  message_receipts: owned('chat', 'messageReceipt', ['chat', 'user']),
  message_reactions: owned('chat', 'messageReaction', ['chat', 'user']),
  message_stars: owned('chat', 'messageStar', ['chat', 'user']),
  message_hidden: owned('chat', 'messageHidden', ['chat', 'user', 'media']),
  message_pins: owned('chat', 'messagePin', ['chat', 'user']),
  message_mentions: owned('chat', 'messageMention', ['chat', 'user']),
  message_edits: owned('chat', 'messageEdit', ['chat', 'user']),
  message_versions: owned('chat', 'messageVersion', ['chat']),

  media: {
    model: 'media',
    owner: 'media',
    readers: services,
    // A finished export is a media of its owner.
    writers: { media: all, user: { insert: true } },
  },
  media_links: {
    model: 'mediaLink',
    owner: 'media',
    readers: services,
    writers: {
      media: all,
      auth: addAndRemove,
      chat: addAndRemove,
      user: addAndRemove,
      status: addAndRemove,
    },
  },

  statuses: owned('status', 'status', viewers),
  status_audience: owned('status', 'statusAudience', viewers),
  status_views: owned('status', 'statusView', ['status', 'user']),
  status_mutes: owned('status', 'statusMute', ['status', 'user']),
} as const satisfies Record<string, Ownership>;

export type Owners = typeof owners;
