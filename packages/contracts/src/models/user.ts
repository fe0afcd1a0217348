import { nameSizes } from '../sizes.ts';
import { mediaPath } from './media.ts';
import {
  type Infer,
  atLeastOneKey,
  boolean,
  named,
  nullable,
  object,
  oneOf,
  optional,
  phoneNumber,
  text,
  time,
  uniqueArray,
  uuid,
} from '../schema.ts';

export const userFields = {
  id: uuid(),
  name: text(255),
  avatarUrl: nullable(mediaPath()),
  about: optional(nullable(text(nameSizes.about))),
  phoneNumber: optional(phoneNumber()),
};
/** `about` and `phoneNumber` are present only if the caller may see them. */
export const userSummary = named('UserSummary', object(userFields));
export type UserSummary = Infer<typeof userSummary>;

/** Null when hidden by a privacy setting, and when unknown: clients cannot tell them apart. */
export const presence = named(
  'Presence',
  object({ online: nullable(boolean()), lastSeen: nullable(time()) }),
);
export type Presence = Infer<typeof presence>;

export const audience = () => oneOf('everyone', 'contacts', 'contacts_except', 'nobody');
export type Audience = Infer<ReturnType<typeof audience>>;

/** The users whom `contacts_except` excludes, by field. */
const exceptions = object({
  lastSeen: optional(uniqueArray(uuid(), 0, 1_000)),
  avatar: optional(uniqueArray(uuid(), 0, 1_000)),
  about: optional(uniqueArray(uuid(), 0, 1_000)),
  addToGroups: optional(uniqueArray(uuid(), 0, 1_000)),
  status: optional(uniqueArray(uuid(), 0, 1_000)),
});
const online = () => oneOf('everyone', 'same_as_last_seen');
const statusAudience = () => oneOf('contacts', 'contacts_except', 'only');
const notificationsPreview = () => oneOf('full', 'sender', 'none');

export const userSettings = named(
  'UserSettings',
  object({
    lastSeen: audience(),
    online: online(),
    avatar: audience(),
    about: audience(),
    addToGroups: audience(),
    readReceipts: boolean(),
    statusAudience: statusAudience(),
    discoverableByPhone: boolean(),
    notificationsPreview: notificationsPreview(),
    exceptions,
  }),
);
export type UserSettings = Infer<typeof userSettings>;

/** Absent fields stay unchanged. A list of exceptions replaces the old list. */
export const settingsChange = atLeastOneKey(
  object({
    lastSeen: optional(audience()),
    online: optional(online()),
    avatar: optional(audience()),
    about: optional(audience()),
    addToGroups: optional(audience()),
    readReceipts: optional(boolean()),
    statusAudience: optional(statusAudience()),
    discoverableByPhone: optional(boolean()),
    notificationsPreview: optional(notificationsPreview()),
    exceptions: optional(exceptions),
  }),
);
export type SettingsChange = Infer<typeof settingsChange>;

export const me = named(
  'Me',
  object({
    id: uuid(),
    name: text(255),
    about: nullable(text(nameSizes.about)),
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
