export { createDb, type DbOptions } from './create-db.ts';
export { databaseError, isUniqueViolation, type DatabaseError } from './errors.ts';
export { owners, services, type Ownership, type Rights, type Service } from './owners.ts';
export type {
  AuthDb,
  ChatDb,
  MediaDb,
  ServiceDb,
  ServiceTx,
  SharedDb,
  StatusDb,
  UserDb,
} from './service-db.ts';
export * from './generated/client.ts';
