import { contact, contactResult } from '../models/contact.ts';
import { operation } from '../operation.ts';
import { nextCursor, paging } from '../paging.ts';
import {
  allOrNoneOf,
  array,
  atLeastOneKeyOf,
  boolean,
  exactlyOneKeyOf,
  list,
  named,
  natural,
  object,
  optional,
  queryInteger,
  text,
  uuid,
  visibleText,
} from '../schema.ts';
import { nameSizes } from '../sizes.ts';

/** The most numbers in one upload; more are rejected with `payload_too_large`. */
export const maxContactsPerUpload = 1_000;
const moreThanFitsTheBody = 10_000;

/** A number as the user wrote it; without a country code it belongs to the caller's country. */
const anyNumber = () => text(40, 1);
const entry = { phoneNumber: anyNumber(), name: text(nameSizes.contact, 1) };

export const contactsRest = {
  listContacts: operation({
    method: 'get',
    path: '/users/contacts',
    summary: 'List the contacts of the caller by name, or those that changed after a version',
    auth: 'user',
    limit: 'read',
    input: object({ ...paging, updatedAfterVer: optional(queryInteger(0, 1e15)) }),
    output: object({
      items: list(contact),
      /** Ids of contacts deleted after the version. */
      removed: list(uuid()),
      nextCursor: nextCursor(),
      /** The version to name in the next request for changes. */
      ver: natural(),
    }),
  }),
  addContacts: operation({
    method: 'post',
    path: '/users/contacts',
    summary: `Add or rename one contact, or up to ${maxContactsPerUpload}`,
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
    summary: 'Rename a contact or mark it as a favorite; by its id or by the id of the user',
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
    summary: 'Delete a contact; by its id or by the id of the user',
    auth: 'user',
    limit: 'write',
    input: object({ userId: uuid() }),
    output: null,
  }),
};
