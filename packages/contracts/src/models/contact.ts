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

/** An entry of one's address book. Of a number without an account only the entry's name is kept. */
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

/** What became of one number of an upload; `contact` is missing where the number is none. */
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

/** A person as one sees them. */
export const userProfile = named(
  'UserProfile',
  object({
    ...userFields,
    presence,
    /** Under which name they are in one's address book. */
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
    /** Where the file can be fetched once it is ready: a media of one's own. */
    mediaUrl: nullable(text(500, 1)),
  }),
);
export type DataExport = Infer<typeof dataExport>;
