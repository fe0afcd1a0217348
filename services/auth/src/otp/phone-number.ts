import { invalidField } from '@taar/kit/edge';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

const prefixDigits = 4;
const typesWithSms = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE']);

/**
 * Throws unless the number is a valid mobile number of one of the regions (none given: of any).
 * `prefix`, the country code and the first digits, identifies the operator.
 */
export const readPhoneNumber = (phoneNumber: string, regions: string[]) => {
  const parsed = parsePhoneNumberFromString(phoneNumber);
  if (!parsed?.isValid() || parsed.number !== phoneNumber)
    throw invalidField('phoneNumber', 'phone.unknown');
  if (!typesWithSms.has(parsed.getType() ?? '')) throw invalidField('phoneNumber', 'phone.kind');
  const { country, countryCallingCode, nationalNumber } = parsed;
  if (!country || (regions.length > 0 && !regions.includes(country)))
    throw invalidField('phoneNumber', 'phone.region');
  return { country, prefix: countryCallingCode + nationalNumber.slice(0, prefixDigits) };
};
