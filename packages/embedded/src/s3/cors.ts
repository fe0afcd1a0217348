import type { Answer, Call, SignedCall } from './call.ts';
import { receiveText } from './body.ts';
import { S3Error } from './s3-error.ts';
import { bucketOf, type Bucket, type CorsRule, type Store } from './store.ts';
import { parseXml } from './xml.ts';

export const putBucketCors = async (store: Store, call: SignedCall): Promise<Answer> => {
  const { objects: _, ...bucket } = bucketOf(store, call);
  const text = await receiveText(call);
  const { CORSRule: cors = [] }: { CORSRule?: CorsRule[] } = parseXml('CORSConfiguration', text);
  store.commit({ type: 'bucket', bucket: call.bucket, value: { ...bucket, cors } });
  return {};
};

/** The CORS headers for the request's origin; undefined if no rule of the bucket allows it. */
export const corsHeaders = (bucket: Bucket | undefined, call: Call) => {
  const { origin } = call.headers;
  const preflight = call.method === 'OPTIONS';
  const method = preflight ? call.headers['access-control-request-method'] : call.method;
  const listed = call.headers['access-control-request-headers']?.split(',') ?? [];
  const requested = listed.map((header) => header.trim().toLowerCase());
  const rule = bucket?.cors.find(
    (rule) =>
      rule.AllowedOrigin?.some((pattern) => matches(pattern, origin)) &&
      rule.AllowedMethod?.some((allowed) => allowed === method) &&
      requested.every((header) => rule.AllowedHeader?.some((pattern) => matches(pattern, header))),
  );
  if (!rule || !origin) return undefined;
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': rule.AllowedMethod!.join(', '),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    ...(requested.length > 0 && { 'access-control-allow-headers': requested.join(', ') }),
    ...(rule.ExposeHeader && { 'access-control-expose-headers': rule.ExposeHeader.join(', ') }),
    ...(rule.MaxAgeSeconds && { 'access-control-max-age': rule.MaxAgeSeconds }),
  };
};

export const preflight = (bucket: Bucket | undefined, call: Call): Answer => {
  const headers = corsHeaders(bucket, call);
  if (!headers) throw new S3Error(403, 'AccessForbidden', 'This CORS request is not allowed.');
  return { headers };
};

/** S3's patterns have at most one asterisk. */
const matches = (pattern: string, value = '') => {
  const [start = '', end] = pattern.toLowerCase().split('*');
  const text = value.toLowerCase();
  if (end === undefined) return text === start;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
};
