import type { UserSettings } from '@taar/contracts';

type Excepting = keyof UserSettings['exceptions'];

/** Under which word the people whom an audience leaves out are stored. */
export const exceptionFields = {
  lastSeen: 'last_seen',
  avatar: 'avatar',
  about: 'about',
  addToGroups: 'groups',
  status: 'status',
} as const satisfies Record<Excepting, string>;

export const exceptionKeys = Object.keys(exceptionFields) as Excepting[];
