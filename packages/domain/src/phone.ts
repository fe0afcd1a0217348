import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';

const maxLength = 40;

/**
 * The E.164 form of a phone number: accepts digits of other scripts, full-width signs, spaces and a
 * leading 00. Without a country code the number is taken as one of `country`. Undefined if invalid.
 */
export const readNumber = (text: string, country?: CountryCode): string | undefined => {
  if (text.length > maxLength) return undefined;
  const parsed = parsePhoneNumberFromString(text.normalize('NFKC').trim(), {
    ...(country && { defaultCountry: country }),
    extract: false,
  });
  return parsed?.isValid() && !parsed.ext ? parsed.number : undefined;
};

export const countryOf = (phoneNumber: string): CountryCode | undefined =>
  parsePhoneNumberFromString(phoneNumber)?.country;
