import { status } from './models/status.ts';
import { userSummary } from './models/user.ts';
import { createdOrReplayed, operation } from './operation.ts';
import { nextCursor, page, paging } from './paging.ts';
import {
  boolean,
  list,
  nullable,
  object,
  oneOf,
  optional,
  text,
  time,
  uniqueArray,
  uuid,
} from './schema.ts';

const statusGroup = object({
  user: userSummary,
  /** Oldest first. */
  statuses: list(status),
  allViewed: boolean(),
  muted: boolean(),
  latestAt: time(),
});

export const statusRest = {
  listStatus: operation({
    method: 'get',
    path: '/status',
    summary: 'List live statuses: those of the caller, and those of contacts, unviewed ones first',
    auth: 'user',
    limit: 'read',
    input: object(paging),
    output: object({ mine: list(status), items: list(statusGroup), nextCursor: nextCursor() }),
  }),
  createStatus: operation({
    method: 'post',
    path: '/status',
    summary: 'Post a status for 24 hours to the users who are in its audience now',
    auth: 'user',
    limit: 'write',
    input: object({
      type: oneOf('text', 'image', 'video'),
      text: optional(nullable(text(700))),
      background: optional(text(32, 1)),
      mediaId: optional(uuid()),
      audience: optional(
        object({
          mode: oneOf('contacts', 'contacts_except', 'only'),
          userIds: optional(uniqueArray(uuid(), 0, 1_000)),
        }),
      ),
      clientStatusId: uuid(),
    }),
    output: status,
    outcomes: createdOrReplayed,
    errors: [
      'media_not_found',
      'media_not_ready',
      'media_type_not_allowed',
      'idempotency_conflict',
    ],
  }),
  muteStatuses: operation({
    method: 'put',
    path: '/status/mutes/:userId',
    summary: 'Mute the statuses of a user: they are listed last',
    auth: 'user',
    limit: 'write',
    input: object({ userId: uuid() }),
    output: null,
    errors: ['user_not_found'],
  }),
  unmuteStatuses: operation({
    method: 'delete',
    path: '/status/mutes/:userId',
    summary: 'Unmute the statuses of a user',
    auth: 'user',
    limit: 'write',
    input: object({ userId: uuid() }),
    output: null,
  }),
  deleteStatus: operation({
    method: 'delete',
    path: '/status/:statusId',
    summary: 'Delete a status of the caller',
    auth: 'user',
    limit: 'write',
    input: object({ statusId: uuid() }),
    output: null,
    errors: ['status_not_found'],
  }),
  viewStatus: operation({
    method: 'post',
    path: '/status/:statusId/view',
    summary: 'Record that the caller viewed a status',
    auth: 'user',
    limit: 'read',
    input: object({ statusId: uuid() }),
    output: null,
    errors: ['status_not_found'],
  }),
  listStatusViews: operation({
    method: 'get',
    path: '/status/:statusId/views',
    summary: 'List the users who viewed a status of the caller',
    auth: 'user',
    limit: 'read',
    input: object({ statusId: uuid(), ...paging }),
    output: page(object({ user: userSummary, viewedAt: time() })),
    errors: ['status_not_found'],
  }),
};
