import { mediaPath } from './media.ts';
import {
  type Infer,
  array,
  boolean,
  named,
  nullable,
  object,
  oneOf,
  optional,
  phoneNumber,
  text,
  time,
  uuid,
} from '../schema.ts';

export const userFields = {
  id: uuid(),
  name: text(255),
  avatarUrl: nullable(mediaPath()),
  about: optional(nullable(text(140))),
  phoneNumber: optional(phoneNumber()),
};
/** `about` and `phoneNumber` are present only for those who may see them. */
export const userSummary = named('UserSummary', object(userFields));
export type UserSummary = Infer<typeof userSummary>;

/** `null`: hidden by privacy, which looks the same as unknown. */
export const presence = named(
  'Presence',
  object({ online: nullable(boolean()), lastSeen: nullable(time()) }),
);
export type Presence = Infer<typeof presence>;

export const audience = () => oneOf('everyone', 'contacts', 'contacts_except', 'nobody');
export type Audience = Infer<ReturnType<typeof audience>>;

/** Whom `contacts_except` leaves out, by field. */
const exceptions = object({
  lastSeen: optional(array(uuid(), 0, 1_000)),
  avatar: optional(array(uuid(), 0, 1_000)),
  about: optional(array(uuid(), 0, 1_000)),
  addToGroups: optional(array(uuid(), 0, 1_000)),
  status: optional(array(uuid(), 0, 1_000)),
});
export const userSettings = named(
  'UserSettings',
  object({
    lastSeen: audience(),
    online: oneOf('everyone', 'same_as_last_seen'),
    avatar: audience(),
    about: audience(),
    addToGroups: audience(),
    readReceipts: boolean(),
    statusAudience: oneOf('contacts', 'contacts_except', 'only'),
    discoverableByPhone: boolean(),
    notificationsPreview: oneOf('full', 'sender', 'none'),
    exceptions,
  }),
);
export type UserSettings = Infer<typeof userSettings>;

export const me = named(
  'Me',
  object({
    id: uuid(),
    name: text(255),
    about: nullable(text(140)),
    avatarUrl: nullable(mediaPath()),
    phoneNumber: phoneNumber(),
    profileComplete: boolean(),
    lastSeen: nullable(time()),
    isOnline: boolean(),
    settings: userSettings,
    createdAt: time(),
    updatedAt: time(),
  }),
);
export type Me = Infer<typeof me>;
