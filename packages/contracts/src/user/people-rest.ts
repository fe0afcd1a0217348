import { userProfile } from '../models/contact.ts';
import { userSummary } from '../models/user.ts';
import { operation } from '../operation.ts';
import { page, paging } from '../paging.ts';
import { boolean, object, oneOf, optional, text, time, uuid } from '../schema.ts';

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
    summary:
      'Search contacts, members of the caller’s groups, and the user with exactly this number',
    auth: 'user',
    limit: 'searchUsers',
    input: object({ ...paging, q: text(200, 3) }),
    output: page(userSummary),
  }),
  listBlocks: operation({
    method: 'get',
    path: '/users/blocks',
    summary: 'List the users whom the caller blocked, latest first',
    auth: 'user',
    limit: 'read',
    input: object(paging),
    output: page(object({ user: userSummary, blockedAt: time() })),
  }),
  blockUser: operation({
    method: 'put',
    path: '/users/blocks/:userId',
    summary: 'Block a user, who gets no notice of it',
    auth: 'user',
    limit: 'write',
    input: object({ userId: uuid() }),
    output: null,
    errors: ['user_not_found'],
  }),
  unblockUser: operation({
    method: 'delete',
    path: '/users/blocks/:userId',
    summary: 'Unblock a user',
    auth: 'user',
    limit: 'write',
    input: object({ userId: uuid() }),
    output: null,
  }),
  createReport: operation({
    method: 'post',
    path: '/users/reports',
    summary:
      'Report a user, message, chat or status to the operators, with recent messages as evidence',
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
    summary: 'Get the profile of a user whom the caller knows or can find',
    auth: 'user',
    limit: 'read',
    input: object({ userId: uuid() }),
    output: userProfile,
    errors: ['user_not_found'],
  }),
};
