import type { Message } from '@taar/contracts';
import type { Draft } from './draft.ts';
import type { Stored } from './insert-messages.ts';

/** A message that was just stored, as every member gets it. */
export const toNewMessage = (draft: Draft, stored: Stored): Message => {
  const createdAt = stored.createdAt.toISOString();
  return {
    id: stored.id,
    chatId: draft.chatId,
    seq: stored.seq,
    changeSeq: stored.changeSeq,
    senderId: draft.senderId,
    messageType: draft.messageType as Message['messageType'],
    content: draft.content,
    mediaUrl: draft.mediaUrl,
    media: draft.media,
    replyToId: draft.replyToId,
    replyToStatusId: draft.replyToStatusId,
    isForwarded: draft.forwardCount > 0,
    forwardCount: draft.forwardCount,
    mentions: stored.mentions,
    metadata: draft.metadata,
    reactions: [],
    pinned: false,
    editedAt: null,
    deletedAt: null,
    expiresAt: stored.expiresAt?.toISOString() ?? null,
    createdAt,
    updatedAt: createdAt,
  };
};
