import { type AuthSecrets, sameBytes } from '../secrets.ts';

const idBytes = 16;
const generationBytes = 4;
const macBytes = 32;
const headBytes = idBytes + generationBytes;
const form = /^[A-Za-z0-9_-]{70}$/;

/**
 * The refresh token of a generation: session id, generation and their MAC. It is derived, so that
 * it can be issued again and is not stored.
 */
export const refreshTokenOf = (
  secrets: AuthSecrets,
  { id, salt, generation }: { id: string; salt: Uint8Array; generation: number },
) => {
  const head = Buffer.alloc(headBytes);
  head.write(id.replaceAll('-', ''), 'hex');
  head.writeUInt32BE(generation, idBytes);
  return Buffer.concat([head, secrets.mac('refresh', head, salt)]).toString('base64url');
};

/** Reads a refresh token's claims, which are unproven until `isAuthentic`. */
export const readRefreshToken = (token: string) => {
  if (!form.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== headBytes + macBytes) return undefined;
  return {
    sessionId: toUuid(bytes.subarray(0, idBytes)),
    generation: bytes.readUInt32BE(idBytes),
    isAuthentic: (secrets: AuthSecrets, salt: Uint8Array) =>
      sameBytes(
        bytes.subarray(headBytes),
        secrets.mac('refresh', bytes.subarray(0, headBytes), salt),
      ),
  };
};

const toUuid = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
