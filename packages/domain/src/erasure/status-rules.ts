import { type TableRules, exporting, deleted } from './rules.ts';

export const statusRules = {
  status_audience: { people: { viewer_id: deleted, owner_id: deleted }, impersonal: ['status_id'] },
  status_views: { people: { viewer_id: deleted }, impersonal: ['status_id'] },
  status_mutes: {
    people: { user_id: { ...deleted, ...exporting('muted_id', 'muted_id') }, muted_id: deleted },
  },
  statuses: {
    people: {
      user_id: {
        ...deleted,
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
