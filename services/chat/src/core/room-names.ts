/** Socket.io rooms: one for a user's sockets, one for a session's. */
export const userRoom = (userId: string) => `user:${userId}`;
export const sessionRoom = (sessionId: string) => `session:${sessionId}`;

/**
 * Room of a chat under one membership epoch. A new epoch means a new room, so a removed member
 * stays behind in the old one.
 */
export const chatRoom = (chatId: string, epoch: number) => `chat:${chatId}:${epoch}`;

/** Room of the sockets that have the chat open. */
export const viewRoom = (chatId: string, epoch: number) => `view:${chatId}:${epoch}`;
