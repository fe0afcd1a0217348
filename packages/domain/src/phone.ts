import { toAsciiDigits } from '@taar/contracts';
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';

const maxLength = 40;

/**
 * The E.164 form of a phone number: accepts decimal digits of all scripts, full-width and invisible
 * signs, pictographs, spaces and a leading 00. Without a country code the number is taken as one of
 * `country`. Undefined if invalid.
 */
export const readNumber = (text: string, country?: CountryCode): string | undefined => {
  const plain = toPlainText(text);
  if (plain.length > maxLength) return undefined;
  const parsed = parsePhoneNumberFromString(plain, {
    ...(country && { defaultCountry: country }),
    extract: false,
  });
  return parsed?.isValid() && !parsed.ext ? parsed.number : undefined;
};

/** Removes marks that phone books and right-to-left texts put around digits. */
const toPlainText = (text: string) =>
  toAsciiDigits(text.replaceAll(/\p{Extended_Pictographic}/gu, '')).trim();

export const countryOf = (phoneNumber: string): CountryCode | undefined =>
  parsePhoneNumberFromString(phoneNumber)?.country;
