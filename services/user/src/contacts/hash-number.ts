import { createHmac } from 'node:crypto';

/** The hexadecimal HMAC under which a number is kept: useless without the key, which is not in the database. */
export const createHashNumber = (secret: string) => (phoneNumber: string) =>
  createHmac('sha256', secret).update(phoneNumber).digest('hex');
export type HashNumber = ReturnType<typeof createHashNumber>;
