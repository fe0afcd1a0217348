import { isIPv4, isIPv6 } from 'node:net';

const v4Bits = 24;
const v6Groups = 4;

/**
 * The /24 network of an IPv4 address or the /64 network of an IPv6 address; null if it is neither.
 * One subscriber can use every address of such a network.
 */
export const networkOf = (address: string) => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIPv4(plain)) return `${plain.split('.').slice(0, 3).join('.')}.0/${v4Bits}`;
  return isIPv6(plain) ? v6Network(plain) : null;
};

/** Expands `::`, then keeps the first 64 bits. */
const v6Network = (address: string) => {
  const [head = '', tail] = address.split('::');
  const [left, right] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return `${groups.slice(0, v6Groups).join(':')}::/64`;
};

const groupsOf = (part: string) => (part === '' ? [] : part.split(':'));
