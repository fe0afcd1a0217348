import { nameSizes } from '@taar/contracts';
import { invalidField } from '@taar/kit/edge';

// Marks that turn the direction of what follows would let a name reach beyond itself.
const unseen = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
const seen = /[^\s\p{Cf}\p{Cc}\p{Zs}\u2800\u3164\u115F\u1160]/u;

const clean = (text: string) =>
  text.replace(/\s+/gu, ' ').replace(unseen, '').normalize('NFC').trim();

// The one form of some letters is longer than what was sent.
const assertFits = (field: string, text: string, max: number) => {
  if ([...text].length > max) throw invalidField(field, 'text.max');
};

/** A name as it is stored: one line, something of it to be seen. */
export const cleanName = (name: string, max: number) => {
  const cleaned = clean(name);
  if (!seen.test(cleaned)) throw invalidField('name', 'text.empty');
  assertFits('name', cleaned, max);
  return cleaned;
};

/** What a person says of themselves; nothing said is null. */
export const cleanAbout = (about: string | null) => {
  const cleaned = clean(about ?? '');
  assertFits('about', cleaned, nameSizes.about);
  return cleaned || null;
};
