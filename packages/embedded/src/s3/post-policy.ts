import { S3Error } from './s3-error.ts';
import { assertCredential, assertSignature, type Identity } from './signature.ts';

type Condition =
  | Record<string, string>
  | [operator: string, name: string | number, value: string | number];
type Policy = { expiration: string; conditions: Condition[] };

/** Checks the fields of a form against its policy; returns the size limits for the file. */
export const assertPolicy = async (
  bucket: string,
  fields: Map<string, string>,
  identity: Identity,
) => {
  const get = (name: string) => fields.get(name) ?? '';
  const encoded = get('policy');
  const date = get('x-amz-date');
  assertCredential(get('x-amz-credential'), date, identity);
  await assertSignature(encoded, get('x-amz-signature'), date, identity);

  const { expiration, conditions } = decode(encoded);
  if (!(Date.parse(expiration) > Date.now())) throw denied('Policy expired.');
  let size = { minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER };
  const allowed = new Set(['policy', 'x-amz-signature']);
  for (const condition of conditions) {
    if (Array.isArray(condition) && condition[0] === 'content-length-range') {
      size = { minBytes: Number(condition[1]), maxBytes: Number(condition[2]) };
      continue;
    }
    const { operator, name, value } = normalised(condition);
    const actual = name === 'bucket' ? bucket : get(name);
    const holds = operator === 'starts-with' ? actual.startsWith(value) : actual === value;
    if (!holds) throw denied(`Policy Condition failed: ["${operator}", "$${name}", "${value}"]`);
    allowed.add(name);
  }
  for (const name of fields.keys())
    if (!allowed.has(name) && !name.startsWith('x-ignore-'))
      throw denied(`Extra input fields: ${name}`);
  return size;
};

const normalised = (condition: Condition) => {
  const exact = Object.entries(condition)[0] ?? ['', ''];
  const [operator, name, value] = Array.isArray(condition) ? condition : ['eq', ...exact];
  return {
    operator: operator.toLowerCase(),
    name: String(name).replace(/^\$/, '').toLowerCase(),
    value: String(value),
  };
};

const decode = (encoded: string): Policy => {
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString());
  } catch {
    throw new S3Error(400, 'InvalidPolicyDocument');
  }
};

const denied = (why: string) =>
  new S3Error(403, 'AccessDenied', `Invalid according to Policy: ${why}`);
