import {
  type Infer,
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
import { presence, userFields, userSummary } from './user.ts';

/** An entry of the user's address book. Without an account only the entry's name is stored. */
export const contact = named(
  'Contact',
  object({
    id: uuid(),
    user: nullable(userSummary),
    contactName: text(255),
    phoneNumber: nullable(phoneNumber()),
    registered: boolean(),
    presence,
    favorite: boolean(),
    blocked: boolean(),
    updatedAt: time(),
  }),
);
export type Contact = Infer<typeof contact>;

/** The result for one number of an upload. An invalid number has no `contact`. */
export const contactResult = named(
  'ContactResult',
  object({
    /** As it was sent. */
    phoneNumber: text(40),
    state: oneOf('matched', 'not_registered', 'invalid'),
    contact: optional(contact),
  }),
);
export type ContactResult = Infer<typeof contactResult>;

/** A user as the caller may see them. */
export const userProfile = named(
  'UserProfile',
  object({
    ...userFields,
    presence,
    /** Their name in the caller's address book. */
    contactName: nullable(text(255)),
    blockedByMe: boolean(),
  }),
);
export type UserProfile = Infer<typeof userProfile>;

export const dataExport = named(
  'DataExport',
  object({
    id: uuid(),
    state: oneOf('pending', 'running', 'ready', 'failed'),
    createdAt: time(),
    readyAt: nullable(time()),
    expiresAt: nullable(time()),
    /** The path of the finished file, which is a media of the user. */
    mediaUrl: nullable(text(500, 1)),
  }),
);
export type DataExport = Infer<typeof dataExport>;
