import { type TableRules, exporting, deleted } from './rules.ts';

export const authRules = {
  // Erased before the sessions by which these rows are found.
  otp_requests: {
    people: {
      session_id: { ...deleted, session: 'id' },
      device_id: { ...deleted, session: 'device_id' },
    },
    personal: ['phone_hash', 'ip', 'provider_session_cipher', 'firebase_uid', 'code_hash'],
    impersonal: ['id', 'prefix', 'provider'],
  },
  sessions: {
    people: {
      user_id: {
        ...deleted,
        ...exporting(
          'id',
          'device_id',
          'platform',
          'model',
          'app_version',
          'locale',
          'ip',
          'created_at',
          'last_used_at',
          'revoked_at',
        ),
      },
    },
    personal: [
      'id',
      'device_id',
      'platform',
      'model',
      'app_version',
      'locale',
      'ip',
      'salt',
      'push_token',
      'revoke_reason',
    ],
  },
  user_pins: { people: { user_id: deleted }, personal: ['hash'] },
  otp_prefix_stats: { people: {}, impersonal: ['prefix'] },
} as const satisfies Record<string, TableRules>;
