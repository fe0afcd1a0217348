import { chatRest } from '@taar/contracts';
import { restRouter } from '@taar/kit/rest';
import { createChat } from './chats/create-chat.ts';
import { deleteChat } from './chats/delete-chat.ts';
import { getChat } from './chats/get-chat.ts';
import { listChats } from './chats/list-chats.ts';
import { updateChat } from './chats/update-chat.ts';
import type { Deps } from './deps.ts';
import { deleteMessage } from './messages/delete-message.ts';
import { editMessage } from './messages/edit-message.ts';
import { getMessage } from './messages/get-message.ts';
import { addMembers } from './members/add-members.ts';
import { changeRole } from './members/change-role.ts';
import { createInviteLink } from './members/create-invite-link.ts';
import { revokeInviteLink } from './members/revoke-invite-link.ts';
import { joinByInvite } from './members/join-by-invite.ts';
import { listMembers } from './members/list-members.ts';
import { removeMember } from './members/remove-member.ts';
import { listMessages } from './messages/list-messages.ts';
import { listStarred } from './messages/list-starred.ts';
import { pinMessage } from './messages/pin-message.ts';
import { removeReaction } from './messages/remove-reaction.ts';
import { setReaction } from './messages/set-reaction.ts';
import { searchMessages } from './messages/search-messages.ts';
import { sendMessage } from './messages/send-message.ts';
import { starMessage } from './messages/star-message.ts';
import { unpinMessage } from './messages/unpin-message.ts';
import { unstarMessage } from './messages/unstar-message.ts';
import { listReceipts } from './receipts/list-receipts.ts';
import { markDelivered } from './receipts/mark-delivered.ts';
import { markRead } from './receipts/mark-read.ts';
import { sync } from './sync/sync.ts';

export const rest = (deps: Deps) =>
  restRouter(deps, chatRest, {
    listChats,
    createChat,
    getChat,
    updateChat,
    deleteChat,
    listMembers,
    addMembers,
    changeRole,
    removeMember,
    createInviteLink,
    revokeInviteLink,
    joinByInvite,
    searchMessages,
    listStarred,
    sync,
    listMessages,
    sendMessage,
    getMessage,
    editMessage,
    deleteMessage,
    setReaction,
    removeReaction,
    starMessage,
    unstarMessage,
    pinMessage,
    unpinMessage,
    markDelivered,
    markRead,
    listReceipts,
  });
