import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';

const maxLength = 40;

/**
 * The one form (E.164) of a number however a person writes it: other scripts' digits, full-width
 * signs, spaces, a leading 00; without a country code it is taken for one of `country`. Undefined
 * for what is no number that exists.
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
