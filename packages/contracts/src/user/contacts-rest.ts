import { contact, contactResult } from '../models/contact.ts';
import { operation } from '../operation.ts';
import {
  allOrNoneOf,
  array,
  atLeastOneKeyOf,
  boolean,
  exactlyOneKeyOf,
  list,
  named,
  natural,
  nullable,
  object,
  optional,
  queryInteger,
  text,
  uuid,
  visibleText,
} from '../schema.ts';
import { nameSizes } from '../sizes.ts';

const paging = { cursor: optional(text(1_024, 1)), limit: optional(queryInteger(1, 100)) };

/** How many numbers one upload may hold; more are answered with `payload_too_large`. */
export const maxContactsPerUpload = 1_000;
const moreThanFitsTheBody = 10_000;

/** A number as a person writes it; without a country code it is one of the caller's country. */
const anyNumber = () => text(40, 1);
const entry = { phoneNumber: anyNumber(), name: text(nameSizes.contact, 1) };

export const contactsRest = {
  listContacts: operation({
    method: 'get',
    path: '/users/contacts',
    summary: 'My address book by name, or what changed in it after a version',
    auth: 'user',
    limit: 'read',
    input: object({ ...paging, updatedAfterVer: optional(queryInteger(0, 1e15)) }),
    output: object({
      items: list(contact),
      /** Ids of entries that went after the version. */
      removed: list(uuid()),
      nextCursor: nullable(text(1_024)),
      /** The version to ask from next time. */
      ver: natural(),
    }),
  }),
  addContacts: operation({
    method: 'post',
    path: '/users/contacts',
    summary: 'Add or rename one entry of my address book, or up to a thousand',
    auth: 'user',
    limit: 'write',
    input: allOrNoneOf(
      exactlyOneKeyOf(
        object({
          phoneNumber: optional(entry.phoneNumber),
          name: optional(entry.name),
          contacts: optional(array(named('ContactEntry', object(entry)), 1, moreThanFitsTheBody)),
        }),
        'phoneNumber',
        'contacts',
      ),
      'phoneNumber',
      'name',
    ),
    output: object({ results: list(contactResult) }),
    outcomes: { created: { status: 201 }, existing: { status: 200 } },
  }),
  updateContact: operation({
    method: 'put',
    path: '/users/contacts/:userId',
    summary: 'Rename an entry of my address book or mark it; by its id or by that of the person',
    auth: 'user',
    limit: 'write',
    input: atLeastOneKeyOf(
      object({
        userId: uuid(),
        name: optional(visibleText(nameSizes.contact)),
        favorite: optional(boolean()),
      }),
      'name',
      'favorite',
    ),
    output: contact,
    errors: ['user_not_found'],
  }),
  deleteContact: operation({
    method: 'delete',
    path: '/users/contacts/:userId',
    summary: 'Take an entry out of my address book; by its id or by that of the person',
    auth: 'user',
    limit: 'write',
    input: object({ userId: uuid() }),
    output: null,
  }),
};
