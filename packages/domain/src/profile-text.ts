import { nameSizes } from '@taar/contracts';
import { invalidField } from '@taar/kit/edge';

/** A name in the form that is stored: one line of at least one visible character. */
export const cleanName = (name: string, max: number) => {
  const cleaned = clean(name);
  if (!visible.test(cleaned)) throw invalidField('name', 'text.empty');
  assertLength('name', cleaned, max);
  return cleaned;
};

/** The text about a user in the form that is stored; null if it is empty. */
export const cleanAbout = (about: string | null) => {
  const cleaned = clean(about ?? '');
  assertLength('about', cleaned, nameSizes.about);
  return cleaned || null;
};

const visible = /[^\s\p{Cf}\p{Cc}\p{Zs}\u2800\u3164\u115F\u1160]/u;
/** Control characters, and marks that reverse the direction of the text after the name. */
const removed = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

const clean = (text: string) =>
  text.replace(/\s+/gu, ' ').replace(removed, '').normalize('NFC').trim();

/** Checks the cleaned text: the NFC form of some characters is longer than the one that was sent. */
const assertLength = (field: string, text: string, max: number) => {
  if ([...text].length > max) throw invalidField(field, 'text.max');
};
