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
  text
    .normalize('NFKC')
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\p{C}\p{M}\p{Extended_Pictographic}]/gu, '')
    .replaceAll(/\p{Nd}/gu, toAsciiDigit)
    .trim();

/** Unicode encodes the digits of every script in a row from 0 to 9. */
const toAsciiDigit = (digit: string) => {
  const codePoint = digit.codePointAt(0)!;
  let start = codePoint;
  while (/\p{Nd}/u.test(String.fromCodePoint(start - 1))) start--;
  return String((codePoint - start) % 10);
};

export const countryOf = (phoneNumber: string): CountryCode | undefined =>
  parsePhoneNumberFromString(phoneNumber)?.country;
