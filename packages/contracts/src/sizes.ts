/** How much there may be of what a client composes or shows; lengths in code points. */
export const sizes = {
  content: 8_192,
  caption: 1_024,
  mentions: 50,
  groupMembers: 1_024,
  pins: 3,
  /** Chats that one socket looks at. */
  openChats: 5,
};

/** How long what people and groups are called may be, as sent and in the one form in which it is stored. */
export const nameSizes = { user: 64, about: 140, group: 100, contact: 255 };
