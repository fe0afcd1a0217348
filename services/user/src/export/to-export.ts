import type { DataExport } from '@taar/contracts';
import type { DataExport as Row } from '@taar/db';
import { mediaUrl } from '@taar/domain/media';

export const toExport = (row: Row): DataExport => ({
  id: row.id,
  state: row.state as DataExport['state'],
  createdAt: row.createdAt.toISOString(),
  readyAt: row.readyAt?.toISOString() ?? null,
  expiresAt: row.expiresAt?.toISOString() ?? null,
  mediaUrl: row.mediaId && mediaUrl(row.mediaId),
});
