import { describe, expect, test } from '@jest/globals';
import { cleanFileName, dispositionOf } from './file-name.ts';

describe('the name of a file', () => {
  test.each([
    ['../../etc/passwd', 'passwd'],
    ['..', null],
    ['', null],
    [' \u0000\u202e ', null],
    ['lone \ud800', null],
    ['ছবি.jpg', 'ছবি.jpg'],
    ['😀'.repeat(300), '😀'.repeat(255)],
  ])('%j is cleaned to %j', (name, clean) => {
    expect(cleanFileName(name)).toBe(clean);
  });

  test('is escaped, so that it cannot end the Content-Disposition header', () => {
    expect(dispositionOf('application/pdf', `a"\r\n; (b)'*.pdf`)).toBe(
      "attachment; filename*=UTF-8''a%22%0D%0A%3B%20%28b%29%27%2A.pdf",
    );
  });

  test('is left out for pictures, which browsers show in place', () => {
    expect(dispositionOf('image/png', 'a.png')).toBe('inline');
    expect(dispositionOf('video/mp4', null)).toBe('attachment');
  });
});
