import { createHash } from 'node:crypto';
import { profileFields } from '../models/sign-in.ts';
import { dataExport } from '../models/contact.ts';
import { type Me, me, settingsChange } from '../models/user.ts';
import { operation } from '../operation.ts';
import { atLeastOneKey, object, optional, queryBoolean, time, uuid } from '../schema.ts';

const etagOf = (body: Me) =>
  `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url')}"`;

export const meRest = {
  getMe: operation({
    method: 'get',
    path: '/users/me',
    summary: 'My own account',
    auth: 'user',
    limit: 'read',
    input: object({}),
    output: me,
    etag: etagOf,
  }),
  updateMe: operation({
    method: 'put',
    path: '/users/me',
    summary: 'Change my profile and settings',
    auth: 'user',
    limit: 'write',
    input: atLeastOneKey(object({ ...profileFields, settings: optional(settingsChange) })),
    output: me,
    errors: ['media_not_found', 'media_not_ready', 'user_not_found'],
  }),
  deleteMe: operation({
    method: 'delete',
    path: '/users/me',
    summary:
      'Leave: signed out at once, gone after seven days; needs a sign-in of the last ten minutes, and signing in by POST /auth/login undoes it',
    auth: 'user',
    limit: 'write',
    input: object({ deleteMessages: optional(queryBoolean()) }),
    status: 202,
    output: object({ eraseAfter: time() }),
    errors: ['forbidden'],
  }),
  createExport: operation({
    method: 'post',
    path: '/users/me/export',
    summary: 'Have all that is kept of me put together in a file',
    auth: 'user',
    limit: 'write',
    input: object({}),
    status: 202,
    output: dataExport,
  }),
  getExport: operation({
    method: 'get',
    path: '/users/me/export/:exportId',
    summary: 'How far an export is, and where its file is',
    auth: 'user',
    limit: 'read',
    input: object({ exportId: uuid() }),
    output: dataExport,
    errors: ['export_not_found', 'gone'],
  }),
};
