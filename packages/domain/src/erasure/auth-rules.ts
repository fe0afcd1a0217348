import { type TableRules, exporting, gone } from './rules.ts';

export const authRules = {
  // Before the sessions that lead to them.
  otp_requests: {
    people: {
      session_id: { ...gone, session: 'id' },
      device_id: { ...gone, session: 'device_id' },
    },
    personal: ['phone_hash', 'ip', 'provider_session_cipher', 'firebase_uid', 'code_hash'],
    impersonal: ['id', 'prefix', 'provider'],
  },
  sessions: {
    people: {
      user_id: {
        ...gone,
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
  user_pins: { people: { user_id: gone }, personal: ['hash'] },
  otp_prefix_stats: { people: {}, impersonal: ['prefix'] },
} as const satisfies Record<string, TableRules>;
