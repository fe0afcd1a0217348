import { chat, createdChat, disappearingSeconds } from '../models/chat.ts';
import { operation } from '../operation.ts';
import {
  atLeastOneKey,
  atLeastOneKeyOf,
  boolean,
  constant,
  either,
  list,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  queryBoolean,
  text,
  anyTime,
  uniqueArray,
  uuid,
  visibleText,
} from '../schema.ts';
import { nameSizes, sizes } from '../sizes.ts';
import { nextCursor, paging } from '../paging.ts';

const settingKeys = {
  whoCanSend: optional(oneOf('all', 'admins')),
  whoCanEditInfo: optional(oneOf('all', 'admins')),
  whoCanAddMembers: optional(oneOf('all', 'admins')),
  disappearingSeconds: optional(disappearingSeconds()),
};
const settingsChanges = atLeastOneKey(object(settingKeys));
const myChanges = atLeastOneKey(
  object({
    mutedUntil: optional(nullable(either(constant('forever'), anyTime()))),
    pinned: optional(boolean()),
    archived: optional(boolean()),
    markedUnread: optional(boolean()),
  }),
);

export const chatsRest = {
  listChats: operation({
    method: 'get',
    path: '/chats',
    summary: 'List the chats of the caller: pinned ones first, then by their latest activity',
    auth: 'user',
    limit: 'read',
    input: object({
      ...paging,
      archived: optional(queryBoolean()),
      filter: optional(oneOf('all', 'unread', 'groups', 'direct')),
    }),
    output: object({
      items: list(chat),
      nextCursor: nextCursor(),
      totals: optional(object({ unreadChats: natural(), unreadMessages: natural() })),
    }),
  }),
  createChat: operation({
    method: 'post',
    path: '/chats',
    summary: 'Open the direct chat with a user, or create a group',
    auth: 'user',
    limit: 'createChat',
    idempotencyKey: true,
    input: object({
      isGroup: boolean(),
      memberIds: uniqueArray(uuid(), 1, sizes.groupMembers - 1),
      name: optional(visibleText(nameSizes.group)),
      description: optional(text(2_048)),
      avatarMediaId: optional(uuid()),
      settings: optional(settingsChanges),
    }),
    output: createdChat,
    outcomes: {
      created: { status: 201 },
      existing: { status: 200 },
      replayed: { status: 201, headers: { 'Idempotent-Replayed': 'true' } },
    },
    errors: ['user_not_found', 'idempotency_conflict', 'media_not_found', 'media_not_ready'],
  }),
  getChat: operation({
    method: 'get',
    path: '/chats/:chatId',
    summary: 'Get a chat of the caller',
    auth: 'user',
    limit: 'read',
    input: object({ chatId: uuid() }),
    output: chat,
    errors: ['chat_not_found'],
  }),
  updateChat: operation({
    method: 'put',
    path: '/chats/:chatId',
    summary:
      'Change the name, description, picture or settings of a group, or the caller’s own view ' +
      'of a chat; all or nothing',
    auth: 'user',
    limit: 'write',
    input: atLeastOneKeyOf(
      object({
        chatId: uuid(),
        name: optional(visibleText(nameSizes.group)),
        description: optional(nullable(text(2_048))),
        avatarMediaId: optional(nullable(uuid())),
        settings: optional(settingsChanges),
        my: optional(myChanges),
      }),
      'name',
      'description',
      'avatarMediaId',
      'settings',
      'my',
    ),
    output: chat,
    errors: [
      'chat_not_found',
      'not_a_member',
      'forbidden',
      'forbidden_role',
      'media_not_found',
      'media_not_ready',
    ],
  }),
  deleteChat: operation({
    method: 'delete',
    path: '/chats/:chatId',
    summary:
      'Clear a chat for the caller, who leaves a group by that; or dissolve a group and erase ' +
      'its messages for everyone',
    auth: 'user',
    limit: 'write',
    input: object({ chatId: uuid(), scope: optional(oneOf('me', 'all')) }),
    output: null,
    errors: ['chat_not_found', 'not_a_member', 'forbidden', 'forbidden_role'],
  }),
};
