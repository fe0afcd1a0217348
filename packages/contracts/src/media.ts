import { mediaRef } from './models/media.ts';
import { operation } from './operation.ts';
import { object, text, time, uuid } from './schema.ts';

export const mediaRest = {
  getMedia: operation({
    method: 'get',
    path: '/media/:mediaId',
    summary: 'Where a media can be fetched, for five minutes',
    auth: 'user',
    limit: 'read',
    input: object({ mediaId: uuid() }),
    output: object({ media: mediaRef, url: text(4_096), expiresAt: time() }),
    errors: ['media_not_found', 'media_not_ready', 'gone'],
  }),
};
