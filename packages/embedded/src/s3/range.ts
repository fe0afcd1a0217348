import { S3Error } from './s3-error.ts';

/** The range of a `Range` header, both ends included; undefined without a valid header. */
export const rangeOf = (header: string | undefined, size: number) => {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (!from && !to) return undefined;
  const start = from ? Number(from) : Math.max(0, size - Number(to));
  const end = from && to ? Math.min(Number(to), size - 1) : size - 1;
  if (start > end) throw new S3Error(416, 'InvalidRange', `The object has ${size} bytes.`);
  return { start, end };
};
