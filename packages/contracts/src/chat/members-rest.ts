import { chat, member } from '../models/chat.ts';
import { operation } from '../operation.ts';
import {
  integer,
  list,
  named,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  page,
  text,
  time,
  uniqueArray,
  uuid,
} from '../schema.ts';
import { sizes } from '../sizes.ts';
import { cursor, limit } from './query.ts';

const yearSeconds = 31_536_000;

const inviteToken = () => text(64, 16);
/** The token is told once: only its hash is stored. */
const inviteLink = named(
  'InviteLink',
  object({
    token: inviteToken(),
    chatId: uuid(),
    createdAt: time(),
    expiresAt: nullable(time()),
    maxUses: nullable(natural()),
  }),
);

export const membersRest = {
  listMembers: operation({
    method: 'get',
    path: '/chats/:chatId/members',
    summary: 'Who is in a chat, in the order in which they joined',
    auth: 'user',
    limit: 'read',
    input: object({ chatId: uuid(), cursor: cursor(), limit: limit() }),
    output: page(member),
    errors: ['chat_not_found'],
  }),
  addMembers: operation({
    method: 'post',
    path: '/chats/:chatId/members',
    summary: 'Add people to a group: some may be added while others are not',
    auth: 'user',
    limit: 'addMembers',
    input: object({
      chatId: uuid(),
      userIds: uniqueArray(uuid(), 1, sizes.groupMembers - 1),
      role: optional(oneOf('member', 'admin')),
    }),
    output: object({
      added: list(member),
      alreadyMembers: list(uuid()),
      /** Their settings do not let the caller add them: share an invite link with them. */
      invited: list(uuid()),
      failed: list(object({ userId: uuid(), code: oneOf('user_not_found') })),
    }),
    errors: ['chat_not_found', 'not_a_member', 'forbidden_role', 'group_full'],
  }),
  changeRole: operation({
    method: 'put',
    path: '/chats/:chatId/members/:userId',
    summary: 'The owner makes admins and members, or hands the group over',
    auth: 'user',
    limit: 'write',
    input: object({
      chatId: uuid(),
      userId: uuid(),
      role: oneOf('owner', 'admin', 'member'),
    }),
    output: member,
    errors: ['chat_not_found', 'not_a_member', 'forbidden_role', 'member_not_found', 'last_owner'],
  }),
  removeMember: operation({
    method: 'delete',
    path: '/chats/:chatId/members/:userId',
    summary: 'Leave a group, or remove somebody from it',
    auth: 'user',
    limit: 'write',
    input: object({ chatId: uuid(), userId: uuid() }),
    output: null,
    errors: ['chat_not_found', 'not_a_member', 'forbidden_role', 'member_not_found'],
  }),
  createInviteLink: operation({
    method: 'post',
    path: '/chats/:chatId/invite-links',
    summary: 'A link by which people join a group themselves',
    auth: 'user',
    limit: 'write',
    input: object({
      chatId: uuid(),
      expiresInSeconds: optional(integer(60, yearSeconds)),
      maxUses: optional(integer(1, sizes.groupMembers)),
    }),
    output: inviteLink,
    status: 201,
    errors: ['chat_not_found', 'not_a_member', 'forbidden_role'],
  }),
  revokeInviteLink: operation({
    method: 'delete',
    path: '/chats/:chatId/invite-links/:token',
    summary: 'Nobody joins by this link any more',
    auth: 'user',
    limit: 'write',
    input: object({ chatId: uuid(), token: inviteToken() }),
    output: null,
    errors: ['chat_not_found', 'not_a_member', 'forbidden_role', 'invite_not_found'],
  }),
  joinByInvite: operation({
    method: 'post',
    path: '/chats/invites/:token/join',
    summary: 'Join a group by a link; a member gets the group as it is',
    auth: 'user',
    limit: 'createChat',
    input: object({ token: inviteToken() }),
    output: chat,
    errors: ['invite_not_found', 'gone', 'forbidden', 'group_full'],
  }),
};
