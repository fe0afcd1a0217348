import { fileTypeFromBuffer } from 'file-type';
import { bareType, findKind, kindOf, notAllowed } from '../kinds.ts';

/** As much of a file as its type is told by. */
export const sniffedBytes = 4_100;

/** A container of video may hold nothing but sound, and a ZIP an office document. */
const agree = (declared: string, found: string) => {
  const [said, is] = [findKind(declared), findKind(found)];
  return said === is || (said === 'audio' && is === 'video');
};

/** The type of a file by its content; what its sender says of it decides between near relatives. */
export const sniff = async (head: Buffer, declaredType: string): Promise<string> => {
  const file = await fileTypeFromBuffer(head);
  if (!file) throw notAllowed();
  const found = bareType(file.mime);
  const declared = bareType(declaredType);
  if (kindOf(found) === 'image' || !findKind(declared)) return found;
  return agree(declared, found) ? declared : found;
};
