import { type MediaRef, mediaRest } from '@taar/contracts';
import { assertAnswer } from '@taar/testing/contract';
import type { Person } from '@taar/testing/people';

type Fields = Record<string, string>;
type Form = { file: Buffer; name?: string; type?: string; fields?: Fields };

/** Sends a file as a form; fails the test when the answer strays from the contract. */
export const upload = async (
  person: Person,
  { file, name = 'file', type = 'application/octet-stream', fields }: Form,
) => {
  const { request } = await person.send('post', '/media/upload');
  const sending = request.attach('file', file, { filename: name, contentType: type });
  for (const [key, value] of Object.entries(fields ?? { purpose: 'message' }))
    void sending.field(key, value);
  const { status, headers, body } = await sending;
  assertAnswer(mediaRest.uploadMedia, { status, headers: headers, body });
  return { status, headers: headers, body: body as { media: MediaRef; code?: string } };
};

/** Requests a media without following the redirect. */
export const get = async (person: Person, path: string, headers: Fields = {}) => {
  const { request } = await person.send('get', path);
  const answer = await request.redirects(0).set(headers);
  const { status, body } = answer;
  assertAnswer(mediaRest.getMedia, { status, headers: answer.headers, body });
  return {
    status,
    body: body as { code?: string; url: string; media: MediaRef },
    headers: answer.headers,
  };
};

/** Fetches a signed URL, which needs no token. */
export const fetchFrom = async (url: string, init: RequestInit = {}) => {
  const answer = await fetch(url, init);
  return {
    status: answer.status,
    headers: answer.headers,
    file: Buffer.from(await answer.arrayBuffer()),
  };
};
