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
  text,
  time,
  uniqueArray,
  uuid,
} from '../schema.ts';
import { sizes } from '../sizes.ts';
import { page, paging } from '../paging.ts';

const yearSeconds = 31_536_000;

const inviteToken = () => text(64, 16);
/** Only the creator ever gets the token: the server stores its hash. */
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
    summary: 'List the members of a chat in the order in which they joined',
    auth: 'user',
    limit: 'read',
    input: object({ chatId: uuid(), ...paging }),
    output: page(member),
    errors: ['chat_not_found'],
  }),
  addMembers: operation({
    method: 'post',
    path: '/chats/:chatId/members',
    summary: 'Add users to a group; may succeed for some of them and fail for others',
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
      /** Users whose privacy settings forbid it: the caller can share an invite link with them. */
      invited: list(uuid()),
      failed: list(object({ userId: uuid(), code: oneOf('user_not_found') })),
    }),
    errors: ['chat_not_found', 'not_a_member', 'forbidden_role', 'group_full'],
  }),
  changeRole: operation({
    method: 'put',
    path: '/chats/:chatId/members/:userId',
    summary: 'Change the role of a member, or hand the ownership over; for the owner',
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
    summary: 'Leave a group, or remove a member from it',
    auth: 'user',
    limit: 'write',
    input: object({ chatId: uuid(), userId: uuid() }),
    output: null,
    errors: ['chat_not_found', 'not_a_member', 'forbidden_role', 'member_not_found'],
  }),
  createInviteLink: operation({
    method: 'post',
    path: '/chats/:chatId/invite-links',
    summary: 'Create a link by which users can join a group',
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
    summary: 'Revoke an invite link',
    auth: 'user',
    limit: 'write',
    input: object({ chatId: uuid(), token: inviteToken() }),
    output: null,
    errors: ['chat_not_found', 'not_a_member', 'forbidden_role', 'invite_not_found'],
  }),
  joinByInvite: operation({
    method: 'post',
    path: '/chats/invites/:token/join',
    summary: 'Join a group by an invite link; a member gets the group unchanged',
    auth: 'user',
    limit: 'createChat',
    input: object({ token: inviteToken() }),
    output: chat,
    errors: ['invite_not_found', 'gone', 'forbidden', 'group_full'],
  }),
};
