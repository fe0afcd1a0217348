import { type TableRules, exporting } from './rules.ts';

export const mediaRules = {
  media: {
    people: {
      owner_id: {
        fate: 'step',
        step: 'what no message shows is deleted, files and all',
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
      ref_id: { fate: 'step', step: 'pictures of the person and their exports are let go' },
    },
    impersonal: ['media_id', 'kind', 'chat_id'],
  },
} as const satisfies Record<string, TableRules>;
