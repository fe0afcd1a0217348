import Joi from 'joi';
import type { Schema } from './schema.ts';

const unseen = /[\p{Default_Ignorable_Code_Point}\p{C}\p{M}]/gu;

/** Digits only, of any script and between invisible marks; parsed to ASCII digits. */
export const digits = (min: number, max: number): Schema<string> => {
  const form = new RegExp(`^[0-9]{${min},${max}}$`);
  return Joi.string()
    .max(10 * max)
    .custom((value: string, helpers) => {
      const ascii = toAsciiDigits(value);
      const local = { name: 'digits', regex: form, value };
      return form.test(ascii) ? ascii : helpers.error('string.pattern.name', local);
    })
    .meta({ json: { type: 'string', pattern: form.source } });
};

/** Compatible characters and decimal digits of all scripts as ASCII, without invisible marks. */
export const toAsciiDigits = (text: string) =>
  text
    .normalize('NFKC')
    .replaceAll(unseen, '')
    .replaceAll(/\p{Nd}/gu, toAsciiDigit);

/** Unicode encodes the digits of every script in a row from 0 to 9. */
const toAsciiDigit = (digit: string) => {
  const codePoint = digit.codePointAt(0)!;
  let start = codePoint;
  while (/\p{Nd}/u.test(String.fromCodePoint(start - 1))) start--;
  return String((codePoint - start) % 10);
};
