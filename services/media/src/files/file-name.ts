import { isText } from '@taar/contracts';

const maxLength = 255;

/** The name under which a file is shown: without its path and without invisible characters. */
export const cleanFileName = (name: string): string | null => {
  const base = name.split(/[/\\]/).at(-1)!;
  const visible = base.replace(/[\p{Cc}\p{Cf}]/gu, '').trim();
  const isName = isText(visible) && visible !== '.' && visible !== '..';
  return isName ? [...visible].slice(0, maxLength).join('') || null : null;
};

/** `Content-Disposition`: pictures, which were encoded here, are shown; other files downloaded. */
export const dispositionOf = (mimeType: string, fileName: string | null) =>
  mimeType.startsWith('image/')
    ? 'inline'
    : `attachment${fileName ? `; filename*=UTF-8''${escape(fileName)}` : ''}`;

const escape = (name: string) =>
  encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
