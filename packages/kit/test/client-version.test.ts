import { expect, test } from '@jest/globals';
import { isOlderVersion } from '../src/client-version.ts';

test.each([
  ['1.3.9', '1.4.0', true],
  ['1.4', '1.4.0', false],
  ['1.10.0', '1.9.9', false],
  ['2.0.0', '1.9.9', false],
  ['0.9', '1.0.0', true],
])('version %s is older than %s: %s', (version, lowest, expected) => {
  expect(isOlderVersion(version, lowest)).toBe(expected);
});
