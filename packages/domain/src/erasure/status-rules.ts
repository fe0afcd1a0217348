import { type TableRules, exporting, gone } from './rules.ts';

export const statusRules = {
  status_audience: { people: { viewer_id: gone, owner_id: gone }, impersonal: ['status_id'] },
  status_views: { people: { viewer_id: gone }, impersonal: ['status_id'] },
  status_mutes: {
    people: { user_id: { ...gone, ...exporting('muted_id', 'muted_id') }, muted_id: gone },
  },
  statuses: {
    people: {
      user_id: {
        ...gone,
        ...exporting('id', 'type', 'text', 'background', 'media_id', 'created_at', 'expires_at'),
      },
    },
    personal: [
      'id',
      'client_status_id',
      'payload_hash',
      'type',
      'text',
      'background',
      'media_id',
      'audience_mode',
    ],
  },
} as const satisfies Record<string, TableRules>;
