import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Error } from './s3-error.ts';
import type { Headers } from './call.ts';

type Digest = { update(chunk: Buffer): unknown; base64(): string };

const hash = (algorithm: string) => (): Digest => {
  const hash = createHash(algorithm);
  return { update: (chunk) => hash.update(chunk), base64: () => hash.copy().digest('base64') };
};

const crc = (): Digest => {
  let value = 0;
  return {
    update: (chunk) => (value = crc32(chunk, value)),
    base64: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
};

const algorithms: Record<string, () => Digest> = {
  crc32: crc,
  sha1: hash('sha1'),
  sha256: hash('sha256'),
};

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Computes the size and digests of a body; `verify` compares them with the declared ones. */
export const createDigests = (headers: Headers, payload: string) => {
  const trailer = headers['x-amz-trailer']?.toLowerCase();
  const declared = Object.keys(headers).filter((name) => checksumOf(name));
  const names = new Set(['crc32', ...declared.map(checksumOf), checksumOf(trailer ?? '')]);
  const checksums = [...names].filter(Boolean).map((name) => {
    const create = algorithms[name];
    if (!create) throw new S3Error(501, 'NotImplemented', `${name} checksums are not supported.`);
    return { name: `x-amz-checksum-${name}`, digest: create() };
  });
  const md5 = hash('md5')();
  const payloadHash = hash('sha256')();
  const measured = { size: 0 };

  const assertSame = (expected: string | undefined, actual: string, code: string) => {
    if (expected !== undefined && expected !== actual)
      throw new S3Error(400, code, 'The content differs from its declared size or digest.');
  };

  return {
    measured,
    update: (chunk: Buffer) => {
      measured.size += chunk.length;
      for (const digest of [md5, ...checksums.map(({ digest }) => digest)]) digest.update(chunk);
      if (isSha256(payload)) payloadHash.update(chunk);
    },
    verify: (trailers: Map<string, string>) => {
      assertSame(headers['x-amz-decoded-content-length'], `${measured.size}`, 'IncompleteBody');
      assertSame(headers['content-md5'], md5.base64(), 'BadDigest');
      if (isSha256(payload))
        assertSame(payload, toHex(payloadHash.base64()), 'XAmzContentSHA256Mismatch');
      if (trailer && !trailers.has(trailer)) throw new S3Error(400, 'MalformedTrailerError');
      for (const { name, digest } of checksums)
        assertSame(trailers.get(name) ?? headers[name], digest.base64(), 'BadDigest');
    },
    result: () => ({
      size: measured.size,
      etag: toHex(md5.base64()),
      checksums: Object.fromEntries(checksums.map(({ name, digest }) => [name, digest.base64()])),
    }),
  };
};

/** The algorithm of a checksum header; empty for any other header. */
const checksumOf = (header: string) => {
  const [, name] = /^x-amz-checksum-(?!algorithm$|type$|mode$)(.+)$/.exec(header) ?? [];
  return name ?? '';
};

const isSha256 = (payload: string) => /^[0-9a-f]{64}$/.test(payload);
const toHex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
