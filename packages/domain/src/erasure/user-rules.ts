import { type TableRules, keptBecause, exporting, deleted } from './rules.ts';

export const userRules = {
  users: {
    people: {
      id: {
        fate: 'clear',
        // The first two columns are unique and not null; the number is too short for a whole id.
        set: {
          phone_number: `'gone:' || right(replace(id::text, '-', ''), 15)`,
          firebase_uid: `'gone:' || id`,
          name: `'Deleted account'`,
          about: 'NULL',
          avatar_url: 'NULL',
          last_seen: 'NULL',
          is_online: 'false',
        },
        ...exporting(
          'id',
          'id',
          'phone_number',
          'name',
          'about',
          'avatar_url',
          'last_seen',
          'created_at',
        ),
      },
    },
    personal: ['firebase_uid', 'phone_number', 'name', 'about', 'avatar_url'],
  },
  user_state: {
    people: {
      user_id: keptBecause('shows that the account is deleted, and holds an id and times alone'),
    },
  },
  user_settings: {
    people: {
      user_id: {
        ...deleted,
        ...exporting(
          'user_id',
          'last_seen_audience',
          'online_audience',
          'avatar_audience',
          'about_audience',
          'groups_audience',
          'status_audience',
          'read_receipts',
          'discoverable',
          'notif_preview',
        ),
      },
    },
    personal: [
      'last_seen_audience',
      'online_audience',
      'avatar_audience',
      'about_audience',
      'groups_audience',
      'status_audience',
      'notif_preview',
    ],
  },
  privacy_exceptions: {
    people: {
      user_id: { ...deleted, ...exporting('other_id', 'field', 'other_id') },
      other_id: deleted,
    },
    personal: ['field'],
  },
  contacts: {
    people: {
      owner_id: { ...deleted, ...exporting('id', 'name', 'favorite', 'user_id', 'created_at') },
      user_id: { fate: 'withdraw', of: 'owner_id', kind: 'contact', ref: 'id' },
    },
    personal: ['id', 'phone_hash', 'name'],
  },
  lookup_budgets: { people: { user_id: deleted }, impersonal: ['kind'] },
  blocks: {
    people: {
      blocker_id: { ...deleted, ...exporting('blocked_id', 'blocked_id', 'created_at') },
      blocked_id: { fate: 'withdraw', of: 'blocker_id', kind: 'block', ref: 'blocked_id' },
    },
  },
  user_removals: { people: { user_id: deleted }, personal: ['kind', 'ref'] },
  reports: {
    people: {
      reporter_id: {
        fate: 'clear',
        set: { note: 'NULL' },
        ...exporting('id', 'target_type', 'target_id', 'reason', 'note', 'state', 'created_at'),
      },
      target_id: keptBecause(
        'a report stays when the reported account is deleted; it holds no name or number',
      ),
    },
    personal: ['note', 'evidence'],
    impersonal: ['id', 'target_type', 'chat_id', 'reason', 'state'],
  },
  data_exports: {
    people: { user_id: deleted },
    personal: ['media_id'],
    impersonal: ['id', 'state'],
  },
  erasure_jobs: {
    people: {
      user_id: keptBecause('proves that the erasure was done; it counts rows and quotes none'),
    },
    impersonal: ['id', 'state', 'report'],
  },
} as const satisfies Record<string, TableRules>;
