import { type TableRules, because, exporting, gone } from './rules.ts';

const emptyAccount = because(
  'what others did stays understandable; the id is that of an empty account',
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
        step: 'leaves every group; a direct chat stays with the other one',
        ...exporting('chat_id', 'chat_id', 'role', 'joined_at', 'left_at', 'muted_until'),
      },
      removed_by: emptyAccount,
    },
    // What the group was called when the person left it, and the ids of those who led it.
    impersonal: ['chat_id', 'role', 'left_view'],
  },
  member_spans: { people: { user_id: gone }, impersonal: ['chat_id'] },
  chat_invites: { people: { created_by: gone }, personal: ['token_hash'], impersonal: ['chat_id'] },
  push_attempts: {
    people: { user_id: gone },
    personal: ['id', 'message_id', 'session_id', 'state', 'provider_id', 'error'],
  },
  server_state: { people: {}, impersonal: ['epoch'] },
  outbox: {
    people: {
      key: because('jobs carry ids alone and are dropped when they are done'),
      payload: because(
        'jobs carry ids, and the push token of a device that is to be told of its sign-out; they are dropped when they are done',
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
        step: 'stays with those who have it, unless the person wants it deleted',
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
      visible_to: { fate: 'step', step: 'nobody else may ever see it: emptied' },
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
  message_receipts: { people: { user_id: gone }, impersonal: ['chat_id', 'kind'] },
  message_reactions: {
    people: {
      user_id: {
        fate: 'step',
        step: 'taken back, as others have it',
        ...exporting('message_id', 'message_id', 'emoji', 'created_at'),
      },
    },
    personal: ['emoji'],
    impersonal: ['message_id', 'chat_id'],
  },
  message_stars: {
    people: { user_id: { ...gone, ...exporting('message_id', 'message_id', 'created_at') } },
    impersonal: ['message_id', 'chat_id'],
  },
  message_hidden: { people: { user_id: gone }, impersonal: ['message_id', 'chat_id'] },
  message_pins: { people: { pinned_by: emptyAccount }, impersonal: ['chat_id', 'message_id'] },
  message_mentions: { people: { user_id: gone }, impersonal: ['message_id', 'chat_id'] },
  message_edits: {
    people: {},
    // Shares the fate of its message.
    impersonal: ['message_id', 'content'],
  },
  message_versions: {
    people: {},
    // Shares the fate of its message.
    impersonal: ['message_id', 'chat_id', 'state'],
  },
} as const satisfies Record<string, TableRules>;
