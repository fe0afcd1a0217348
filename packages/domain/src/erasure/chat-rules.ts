import { type TableRules, keptBecause, exporting, deleted } from './rules.ts';

const emptyAccount = keptBecause(
  'other users can still follow what happened; the id leads to an empty account',
);

export const chatRules = {
  chats: {
    people: { created_by: emptyAccount, direct_key: emptyAccount },
    impersonal: [
      'id',
      'name',
      'description',
      'avatar_url',
      'settings',
      'idempotency_key',
      'idempotency_hash',
    ],
  },
  chat_members: {
    people: {
      user_id: {
        fate: 'step',
        step: 'leaves every group; the other user keeps a direct chat',
        ...exporting('chat_id', 'chat_id', 'role', 'joined_at', 'left_at', 'muted_until'),
      },
      removed_by: emptyAccount,
    },
    // The group's name when the user left it, and the ids of its owner and admins.
    impersonal: ['chat_id', 'role', 'left_view'],
  },
  member_spans: { people: { user_id: deleted }, impersonal: ['chat_id'] },
  chat_invites: {
    people: { created_by: deleted },
    personal: ['token_hash'],
    impersonal: ['chat_id'],
  },
  push_attempts: {
    people: { user_id: deleted },
    personal: ['id', 'message_id', 'session_id', 'state', 'provider_id', 'error'],
  },
  server_state: { people: {}, impersonal: ['epoch'] },
  outbox: {
    people: {
      key: keptBecause('jobs hold ids alone, and done jobs are deleted'),
      payload: keptBecause(
        'jobs hold ids, or a push token until the last push to a device; done jobs are deleted',
      ),
    },
    impersonal: ['topic', 'request_id', 'last_error'],
  },
} as const satisfies Record<string, TableRules>;

export const messageRules = {
  messages: {
    people: {
      sender_id: {
        fate: 'step',
        step: 'stays with its recipients, unless the user asked to delete it',
        ...exporting(
          'id',
          'id',
          'chat_id',
          'message_type',
          'content',
          'metadata',
          'media_id',
          'created_at',
          'edited_at',
          'deleted_at',
        ),
      },
      visible_to: { fate: 'step', step: 'becomes a tombstone: no other user may ever see it' },
      deleted_by: emptyAccount,
    },
    personal: ['content', 'metadata', 'media_id', 'media_url'],
    impersonal: [
      'id',
      'chat_id',
      'message_type',
      'reply_to_id',
      'client_message_id',
      'payload_hash',
      'reply_to_status_id',
    ],
  },
  message_receipts: { people: { user_id: deleted }, impersonal: ['chat_id', 'kind'] },
  message_reactions: {
    people: {
      user_id: {
        fate: 'step',
        step: 'removed, with an event to the other members',
        ...exporting('message_id', 'message_id', 'emoji', 'created_at'),
      },
    },
    personal: ['emoji'],
    impersonal: ['message_id', 'chat_id'],
  },
  message_stars: {
    people: { user_id: { ...deleted, ...exporting('message_id', 'message_id', 'created_at') } },
    impersonal: ['message_id', 'chat_id'],
  },
  message_hidden: { people: { user_id: deleted }, impersonal: ['message_id', 'chat_id'] },
  message_pins: { people: { pinned_by: emptyAccount }, impersonal: ['chat_id', 'message_id'] },
  message_mentions: { people: { user_id: deleted }, impersonal: ['message_id', 'chat_id'] },
  message_edits: {
    people: {},
    // Rows share the fate of their message.
    impersonal: ['message_id', 'content'],
  },
  message_versions: {
    people: {},
    // Rows share the fate of their message.
    impersonal: ['message_id', 'chat_id', 'state'],
  },
} as const satisfies Record<string, TableRules>;
