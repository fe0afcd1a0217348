import { isText } from '@taar/contracts';

const maxLength = 255;

/** The name under which a file may be shown: no path, nothing that cannot be seen. */
export const cleanFileName = (name: string): string | null => {
  const base = name.split(/[/\\]/).at(-1)!;
  const visible = base.replace(/[\p{Cc}\p{Cf}]/gu, '').trim();
  const known = isText(visible) && visible !== '.' && visible !== '..';
  return known ? [...visible].slice(0, maxLength).join('') || null : null;
};

const escape = (name: string) =>
  encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** Only pictures that were made here are shown in place; all else is a download. */
export const dispositionOf = (mimeType: string, fileName: string | null) =>
  mimeType.startsWith('image/')
    ? 'inline'
    : `attachment${fileName ? `; filename*=UTF-8''${escape(fileName)}` : ''}`;
