import { fileTypeFromBuffer } from 'file-type';
import { bareType, findKind, kindOf, typeNotAllowed } from '../files/kinds.ts';

/** The first bytes of a file, by which its type is recognised. */
export const sniffedBytes = 4_100;

/** The MIME type by content; the declared type decides only between types that look alike. */
export const sniffType = async (head: Buffer, declaredType: string): Promise<string> => {
  const file = await fileTypeFromBuffer(head);
  if (!file) throw typeNotAllowed();
  const found = bareType(file.mime);
  const declared = bareType(declaredType);
  if (kindOf(found) === 'image' || !findKind(declared)) return found;
  return isPlausible(declared, found) ? declared : found;
};

/** A video container may hold audio alone, and a ZIP archive may be an office document. */
const isPlausible = (declared: string, found: string) => {
  const [declaredKind, foundKind] = [findKind(declared), findKind(found)];
  return declaredKind === foundKind || (declaredKind === 'audio' && foundKind === 'video');
};
