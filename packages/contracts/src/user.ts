import { diagnosticsRest } from './diagnostics.ts';
import { contactsRest } from './user/contacts-rest.ts';
import { meRest } from './user/me-rest.ts';
import { peopleRest } from './user/people-rest.ts';

export { maxContactsPerUpload } from './user/contacts-rest.ts';

export const userRest = { ...diagnosticsRest, ...meRest, ...contactsRest, ...peopleRest };
