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
    summary: 'Get the account of the caller',
    auth: 'user',
    limit: 'read',
    input: object({}),
    output: me,
    etag: etagOf,
  }),
  updateMe: operation({
    method: 'put',
    path: '/users/me',
    summary: 'Change the profile and settings of the caller',
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
      'Delete the account of the caller: all sessions end at once, and the data is erased after ' +
      'seven days unless the user signs in by POST /auth/login. Needs a sign-in within the last ' +
      'ten minutes',
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
    summary: 'Start an export of all data about the caller',
    auth: 'user',
    limit: 'write',
    input: object({}),
    status: 202,
    output: dataExport,
  }),
  getExport: operation({
    method: 'get',
    path: '/users/me/export/:exportId',
    summary: 'Get the state of an export, and the address of its file',
    auth: 'user',
    limit: 'read',
    input: object({ exportId: uuid() }),
    output: dataExport,
    errors: ['export_not_found', 'gone'],
  }),
};
