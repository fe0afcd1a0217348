import { type TableRules, exporting } from './rules.ts';

export const mediaRules = {
  media: {
    people: {
      owner_id: {
        fate: 'step',
        step: 'deleted with its files, unless a message shows it',
        ...exporting('id', 'id', 'purpose', 'mime_type', 'size_bytes', 'file_name', 'created_at'),
      },
    },
    personal: ['file_name'],
    impersonal: [
      'id',
      'purpose',
      'state',
      'bucket_key',
      'mime_type',
      'sha256',
      'blurhash',
      'variants',
      'upload_id',
    ],
  },
  media_links: {
    people: {
      ref_id: { fate: 'step', step: 'profile pictures and exports are released' },
    },
    impersonal: ['media_id', 'kind', 'chat_id'],
  },
} as const satisfies Record<string, TableRules>;
