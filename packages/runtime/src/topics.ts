/** Jobs that one service leaves to another. */
export const topics = {
  /** Finds in whose address books a person's number stands; worked by user. */
  matchContacts: 'contacts_match',
  /** Erases what is left of a person once the time to undo has passed; worked by user. */
  eraseUser: 'user_erase',
  /** Every service has erased what it owns; worked by user. */
  userErased: 'user_erased',
  /** A picture was deleted that may be a group's; worked by chat. */
  dropPicture: 'group_picture_drop',
  /** Somebody shows their last seen to others than before; worked by chat. */
  showLastSeen: 'last_seen_show',
  /** A block has come between two who may watch each other; worked by chat. */
  hidePresence: 'presence_hide',
  /** Has Firebase follow what becomes of an account; worked by auth. */
  firebaseAccount: 'firebase_account',
} as const;

/** `uid` is of the account that the job's key names. */
export type FirebaseChange = { action: 'revoke' | 'disable' | 'enable' | 'delete'; uid: string };
