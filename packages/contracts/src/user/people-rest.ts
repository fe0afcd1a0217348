import { userProfile } from '../models/contact.ts';
import { userSummary } from '../models/user.ts';
import { operation } from '../operation.ts';
import {
  boolean,
  object,
  oneOf,
  optional,
  page,
  queryInteger,
  text,
  time,
  uuid,
} from '../schema.ts';

const paging = { cursor: optional(text(1_024, 1)), limit: optional(queryInteger(1, 100)) };

const reportReasons = [
  'spam',
  'harassment',
  'fraud',
  'violence',
  'sexual_content',
  'child_safety',
  'impersonation',
  'other',
] as const;

export const peopleRest = {
  searchUsers: operation({
    method: 'get',
    path: '/users/search',
    summary: 'My contacts, people of my groups, and whoever has exactly this number',
    auth: 'user',
    limit: 'searchUsers',
    input: object({ ...paging, q: text(200, 3) }),
    output: page(userSummary),
  }),
  listBlocks: operation({
    method: 'get',
    path: '/users/blocks',
    summary: 'Whom I block, the latest first',
    auth: 'user',
    limit: 'read',
    input: object(paging),
    output: page(object({ user: userSummary, blockedAt: time() })),
  }),
  blockUser: operation({
    method: 'put',
    path: '/users/blocks/:userId',
    summary: 'Block somebody, who is not told',
    auth: 'user',
    limit: 'write',
    input: object({ userId: uuid() }),
    output: null,
    errors: ['user_not_found'],
  }),
  unblockUser: operation({
    method: 'delete',
    path: '/users/blocks/:userId',
    summary: 'Stop blocking somebody',
    auth: 'user',
    limit: 'write',
    input: object({ userId: uuid() }),
    output: null,
  }),
  createReport: operation({
    method: 'post',
    path: '/users/reports',
    summary: 'Report somebody or something to the operators, with what was said last as evidence',
    auth: 'user',
    limit: 'report',
    input: object({
      targetType: oneOf('user', 'message', 'chat', 'status'),
      targetId: uuid(),
      reason: oneOf(...reportReasons),
      note: optional(text(1_000)),
      alsoBlock: optional(boolean()),
    }),
    status: 202,
    output: object({ id: uuid() }),
    errors: ['user_not_found', 'message_not_found', 'chat_not_found', 'status_not_found'],
  }),
  getUser: operation({
    method: 'get',
    path: '/users/:userId',
    summary: 'Somebody whom I know, or who can be found, as they let me see them',
    auth: 'user',
    limit: 'read',
    input: object({ userId: uuid() }),
    output: userProfile,
    errors: ['user_not_found'],
  }),
};
