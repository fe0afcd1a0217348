import { nameSizes } from '@taar/contracts';
import { cleanName } from '@taar/domain/profile-text';
import { countryOf, readNumber } from '@taar/domain/phone';
import { AppError } from '@taar/kit/errors';
import { invalidField } from '@taar/kit/edge';

type Sent = { phoneNumber: string; name: string };
/** An entry as it was sent, and as it is understood. */
export type Entry = { sent: string; phoneNumber: string; name: string };

const readName = (name: string) => {
  try {
    return cleanName(name, nameSizes.contact);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
};

/** Numbers in their one form; undefined for what is no number, no name, or the owner themselves. */
export const readEntries = (sent: Sent[], ownNumber: string) => {
  const country = countryOf(ownNumber);
  return sent.map(({ phoneNumber: given, name: givenName }): Entry | undefined => {
    const phoneNumber = readNumber(given, country);
    const name = readName(givenName);
    if (phoneNumber === undefined || phoneNumber === ownNumber || !name) return undefined;
    return { sent: given, phoneNumber, name };
  });
};

/** One entry alone is refused where one of many is passed over. */
export const readEntry = ({ phoneNumber: given, name }: Sent, ownNumber: string): Entry => {
  const phoneNumber = readNumber(given, countryOf(ownNumber));
  if (phoneNumber === undefined) throw invalidField('phoneNumber', 'phone.unknown');
  if (phoneNumber === ownNumber) throw invalidField('phoneNumber', 'phone.own');
  return { sent: given, phoneNumber, name: cleanName(name, nameSizes.contact) };
};
