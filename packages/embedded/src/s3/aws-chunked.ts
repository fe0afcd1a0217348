import { S3Error } from './s3-error.ts';

const maxLineBytes = 1024;

/** Decodes a body in `aws-chunked` framing; adds its trailing headers to `trailers`. */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const reader = createReader(source);
  for (;;) {
    const size = (await reader.line()).split(';')[0]!;
    if (!/^[0-9a-f]+$/i.test(size)) throw incomplete();
    if (Number.parseInt(size, 16) === 0) break;
    yield* reader.bytes(Number.parseInt(size, 16));
    if ((await reader.line()) !== '') throw incomplete();
  }
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const [name = '', value = ''] = line.split(/:(.*)/s);
    trailers.set(name.trim().toLowerCase(), value.trim());
  }
}

const createReader = (source: AsyncIterable<Buffer>) => {
  const chunks = source[Symbol.asyncIterator]();
  let buffered: Buffer = Buffer.alloc(0);

  const more = async () => {
    const { done, value } = await chunks.next();
    if (done) throw incomplete();
    buffered = buffered.length > 0 ? Buffer.concat([buffered, value]) : value;
  };

  return {
    line: async () => {
      let end: number;
      while ((end = buffered.indexOf('\r\n')) < 0) {
        if (buffered.length > maxLineBytes) throw incomplete();
        await more();
      }
      const line = buffered.subarray(0, end).toString('latin1');
      buffered = buffered.subarray(end + 2);
      return line;
    },
    bytes: async function* (count: number) {
      for (let left = count; left > 0;) {
        if (buffered.length === 0) await more();
        const chunk = buffered.subarray(0, left);
        buffered = buffered.subarray(chunk.length);
        left -= chunk.length;
        yield chunk;
      }
    },
  };
};

const incomplete = () => new S3Error(400, 'IncompleteBody');
