/** Topics of jobs that one service inserts and another one works. */
export const topics = {
  /** Links a user with the address book entries that hold their number; worked by user. */
  matchContacts: 'contacts_match',
  /** Erases a deleted account when it can no longer be restored; worked by user. */
  eraseUser: 'user_erase',
  /** Records that every service has erased its rows of a user; worked by user. */
  userErased: 'user_erased',
  /** Takes a deleted picture off the group that shows it, if one does; worked by chat. */
  dropPicture: 'group_picture_drop',
  /** Emits a user's last seen to watchers after its audience has changed; worked by chat. */
  showLastSeen: 'last_seen_show',
  /** Hides the presence of two users from each other after a block; worked by chat. */
  hidePresence: 'presence_hide',
  /** Changes the Firebase account of a user; worked by auth. */
  firebaseAccount: 'firebase_account',
} as const;

/** Payload of a `firebaseAccount` job. `uid` is the Firebase account of the user in the job's key. */
export type FirebaseChange = { action: 'revoke' | 'disable' | 'enable' | 'delete'; uid: string };
