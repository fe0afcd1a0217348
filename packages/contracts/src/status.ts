import { status } from './models/status.ts';
import { userSummary } from './models/user.ts';
import { operation } from './operation.ts';
import {
  boolean,
  list,
  nullable,
  object,
  oneOf,
  optional,
  queryInteger,
  text,
  time,
  uniqueArray,
  uuid,
} from './schema.ts';

const paging = {
  cursor: optional(text(1_024, 1)),
  limit: optional(queryInteger(1, 100)),
};
const nextCursor = nullable(text(1_024));

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
    summary: 'Live statuses: mine, and those of my contacts, unviewed first',
    auth: 'user',
    limit: 'read',
    input: object(paging),
    output: object({ mine: list(status), items: list(statusGroup), nextCursor }),
  }),
  createStatus: operation({
    method: 'post',
    path: '/status',
    summary: 'Post a status for a day, for those who are in its audience now',
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
    outcomes: {
      created: { status: 201 },
      replayed: { status: 200, headers: { 'Idempotent-Replayed': 'true' } },
    },
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
    summary: 'Show the statuses of somebody last',
    auth: 'user',
    limit: 'write',
    input: object({ userId: uuid() }),
    output: null,
    errors: ['user_not_found'],
  }),
  unmuteStatuses: operation({
    method: 'delete',
    path: '/status/mutes/:userId',
    summary: 'Show the statuses of somebody again like others',
    auth: 'user',
    limit: 'write',
    input: object({ userId: uuid() }),
    output: null,
  }),
  deleteStatus: operation({
    method: 'delete',
    path: '/status/:statusId',
    summary: 'Take a status of mine back',
    auth: 'user',
    limit: 'write',
    input: object({ statusId: uuid() }),
    output: null,
    errors: ['status_not_found'],
  }),
  viewStatus: operation({
    method: 'post',
    path: '/status/:statusId/view',
    summary: 'I have seen it',
    auth: 'user',
    limit: 'read',
    input: object({ statusId: uuid() }),
    output: null,
    errors: ['status_not_found'],
  }),
  listStatusViews: operation({
    method: 'get',
    path: '/status/:statusId/views',
    summary: 'Who has seen my status',
    auth: 'user',
    limit: 'read',
    input: object({ statusId: uuid(), ...paging }),
    output: object({ items: list(object({ user: userSummary, viewedAt: time() })), nextCursor }),
    errors: ['status_not_found'],
  }),
};
