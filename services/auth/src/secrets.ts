import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

const ivBytes = 12;
const tagBytes = 16;

/** MACs and encryption with keys derived from `AUTH_SECRET`, one key for each purpose. */
export const createSecrets = (secret: string) => {
  const keyOf = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', secret, '', `taar ${purpose}`, 32));
  const keys = {
    refresh: keyOf('refresh token'),
    phone: keyOf('phone number'),
    code: keyOf('code'),
    pin: keyOf('pin'),
  };
  const sealing = keyOf('provider session');

  return {
    mac: (purpose: keyof typeof keys, ...parts: (string | Uint8Array)[]) => {
      const hmac = createHmac('sha256', keys[purpose]);
      for (const part of parts) hmac.update(part);
      return new Uint8Array(hmac.digest());
    },
    seal: (plain: string) => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', sealing, iv);
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return new Uint8Array(Buffer.concat([iv, cipher.getAuthTag(), body]));
    },
    open: (sealed: Uint8Array) => {
      const iv = sealed.subarray(0, ivBytes);
      const decipher = createDecipheriv('aes-256-gcm', sealing, iv);
      decipher.setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
      const body = decipher.update(sealed.subarray(ivBytes + tagBytes));
      return Buffer.concat([body, decipher.final()]).toString('utf8');
    },
  };
};
export type AuthSecrets = ReturnType<typeof createSecrets>;

export const sameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && timingSafeEqual(a, b);
