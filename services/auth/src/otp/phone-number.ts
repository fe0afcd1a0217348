import { invalidField } from '@taar/kit/edge';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

const prefixDigits = 4;
const textable = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE']);

/**
 * A number that can get a code: it exists, is a mobile's, and in a country that is served. Answers
 * the prefix by which abuse is judged: country code and the first digits, which name the operator.
 */
export const readPhoneNumber = (phoneNumber: string, regions: string[]) => {
  const parsed = parsePhoneNumberFromString(phoneNumber);
  if (!parsed?.isValid() || parsed.number !== phoneNumber)
    throw invalidField('phoneNumber', 'phone.unknown');
  if (!textable.has(parsed.getType() ?? '')) throw invalidField('phoneNumber', 'phone.kind');
  const { country, countryCallingCode, nationalNumber } = parsed;
  if (!country || (regions.length > 0 && !regions.includes(country)))
    throw invalidField('phoneNumber', 'phone.region');
  return { country, prefix: countryCallingCode + nationalNumber.slice(0, prefixDigits) };
};
