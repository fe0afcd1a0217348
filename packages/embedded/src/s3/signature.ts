import { timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@smithy/core/checksum';
import { getCanonicalQuery, SignatureV4 } from '@smithy/signature-v4';
import type { Call, SignedCall } from './call.ts';
import { sha256 } from './digests.ts';
import { S3Error } from './s3-error.ts';

export type Identity = { accessKeyId: string; secretAccessKey: string; region: string };

/** The signature of a request and its parameters, from the header or the query. */
type Claim = {
  credential: string;
  date: string;
  signedHeaders: string;
  signature: string;
  payload: string;
};

const maxSkewMs = 15 * 60_000;
const maxExpiresSeconds = 7 * 24 * 3600;

/** Checks the Signature Version 4 of a header or presigned URL; rejects unsigned requests. */
export const authenticate = async (call: Call, identity: Identity): Promise<SignedCall> => {
  const presigned = call.query.has('X-Amz-Algorithm');
  const claim = presigned ? presignedClaim(call) : headerClaim(call);
  const names = claim.signedHeaders.split(';');
  const unsigned = Object.keys(call.headers).find(
    (name) => name.startsWith('x-amz-') && !names.includes(name),
  );
  if (unsigned) throw new S3Error(403, 'AccessDenied', `The header ${unsigned} is not signed.`);
  if (!names.includes('host')) throw new S3Error(403, 'AccessDenied', 'The host is not signed.');

  const scope = assertCredential(claim.credential, claim.date, identity);
  const request = [
    call.method,
    call.path,
    getCanonicalQuery({ query: queryOf(call) } as Parameters<typeof getCanonicalQuery>[0]),
    ...names.map((name) => `${name}:${(call.headers[name] ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    claim.signedHeaders,
    claim.payload,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', claim.date, scope, sha256(request)].join('\n');
  await assertSignature(text, claim.signature, claim.date, identity);

  // A presigner moves headers into the query; the rest of the server reads them as headers.
  const hoisted = [...call.query].filter(([name]) => name.startsWith('x-amz-'));
  const headers = { ...(presigned && Object.fromEntries(hoisted)), ...call.headers };
  return { ...call, headers, payload: claim.payload };
};

/** Checks the key id, day and region of a credential; returns its scope for the signature. */
export const assertCredential = (credential: string, date: string, identity: Identity) => {
  const [accessKeyId, ...rest] = credential.split('/');
  const scope = `${date.slice(0, 8)}/${identity.region}/s3/aws4_request`;
  if (accessKeyId !== identity.accessKeyId) throw new S3Error(403, 'InvalidAccessKeyId');
  if (rest.join('/') !== scope)
    throw new S3Error(400, 'AuthorizationHeaderMalformed', `Expected the scope ${scope}.`);
  return scope;
};

export const assertSignature = async (
  text: string,
  signature: string,
  date: string,
  { region, ...credentials }: Identity,
) => {
  const signer = new SignatureV4({ service: 's3', region, credentials, sha256: Sha256 });
  const expected = await signer.sign(text, { signingDate: new Date(timeOf(date)) });
  const same =
    expected.length === signature.length &&
    timingSafeEqual(Buffer.from(expected), Buffer.from(signature));
  if (!same) throw new S3Error(403, 'SignatureDoesNotMatch');
};

const presignedClaim = ({ query }: Call): Claim => {
  const get = (name: string) => query.get(`X-Amz-${name}`) ?? '';
  const date = get('Date');
  const signedAt = timeOf(date);
  const expires = Number(get('Expires'));
  if (!(expires > 0 && expires <= maxExpiresSeconds))
    throw new S3Error(400, 'AuthorizationQueryParametersError', 'X-Amz-Expires is out of range.');
  if (Date.now() > signedAt + expires * 1000)
    throw new S3Error(403, 'AccessDenied', 'Request has expired');
  if (signedAt > Date.now() + maxSkewMs)
    throw new S3Error(403, 'AccessDenied', 'Request is not valid yet');
  return {
    credential: get('Credential'),
    date,
    signedHeaders: get('SignedHeaders'),
    signature: get('Signature'),
    payload: get('Content-Sha256') || 'UNSIGNED-PAYLOAD',
  };
};

const authorization =
  /^AWS4-HMAC-SHA256\s+Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]+)$/;

const headerClaim = ({ headers }: Call): Claim => {
  if (!headers.authorization)
    throw new S3Error(403, 'AccessDenied', 'Anonymous access is not allowed.');
  const [, credential, signedHeaders, signature] = authorization.exec(headers.authorization) ?? [];
  const date = headers['x-amz-date'] ?? '';
  const payload = headers['x-amz-content-sha256'];
  if (!credential || !signedHeaders || !signature)
    throw new S3Error(400, 'AuthorizationHeaderMalformed');
  if (!payload) throw new S3Error(400, 'InvalidRequest', 'x-amz-content-sha256 is missing.');
  if (Math.abs(timeOf(date) - Date.now()) > maxSkewMs)
    throw new S3Error(403, 'RequestTimeTooSkewed');
  return { credential, date, signedHeaders, signature, payload };
};

const timeOf = (date: string) => {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (!parts) throw new S3Error(403, 'AccessDenied', 'The date of the signature is malformed.');
  const [, year, month, day, hours, minutes, seconds] = parts;
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
};

const queryOf = ({ query }: Call) =>
  Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));
