import type { UserSettings } from '@taar/contracts';

/** Privacy settings that can have exceptions: users whom the audience leaves out. */
type Excepting = keyof UserSettings['exceptions'];

/** The value of `privacy_exceptions.field` for each of them. */
export const exceptionFields = {
  lastSeen: 'last_seen',
  avatar: 'avatar',
  about: 'about',
  addToGroups: 'groups',
  status: 'status',
} as const satisfies Record<Excepting, string>;

export const exceptionKeys = Object.keys(exceptionFields) as Excepting[];
