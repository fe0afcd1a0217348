/** The most that a client may compose or show; lengths in code points. */
export const sizes = {
  content: 8_192,
  caption: 1_024,
  mentions: 50,
  groupMembers: 1_024,
  pins: 3,
  /** Chats that one socket may have open at once. */
  openChats: 5,
};

/** Lengths of names in code points, both as sent and in the normalised form that is stored. */
export const nameSizes = { user: 64, about: 140, group: 100, contact: 255 };
