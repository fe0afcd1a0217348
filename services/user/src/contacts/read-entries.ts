import { nameSizes } from '@taar/contracts';
import { countryOf, readNumber } from '@taar/domain/phone';
import { cleanName } from '@taar/domain/profile-text';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';

type SentEntry = { phoneNumber: string; name: string };
/** `sent` is the number as it was sent, `phoneNumber` the same in E.164 form. */
export type Entry = { sent: string; phoneNumber: string; name: string };

/** Reads an upload; undefined for an invalid number or name, and for the owner's number. */
export const readEntries = (sent: SentEntry[], ownNumber: string) => {
  const country = countryOf(ownNumber);
  return sent.map(({ phoneNumber: given, name: givenName }): Entry | undefined => {
    const phoneNumber = readNumber(given, country);
    const name = readName(givenName);
    if (phoneNumber === undefined || phoneNumber === ownNumber || !name) return undefined;
    return { sent: given, phoneNumber, name };
  });
};

const readName = (name: string) => {
  try {
    return cleanName(name, nameSizes.contact);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
};

/** Reads a single entry; throws where `readEntries` would skip it. */
export const readEntry = ({ phoneNumber: given, name }: SentEntry, ownNumber: string): Entry => {
  const phoneNumber = readNumber(given, countryOf(ownNumber));
  if (phoneNumber === undefined) throw invalidField('phoneNumber', 'phone.unknown');
  if (phoneNumber === ownNumber) throw invalidField('phoneNumber', 'phone.own');
  return { sent: given, phoneNumber, name: cleanName(name, nameSizes.contact) };
};
