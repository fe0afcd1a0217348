import { createHmac } from 'node:crypto';

/** Returns the keyed hash of a phone number in hexadecimal. The key is not in the database. */
export const createHashNumber = (secret: string) => (phoneNumber: string) =>
  createHmac('sha256', secret).update(phoneNumber).digest('hex');
export type HashNumber = ReturnType<typeof createHashNumber>;
