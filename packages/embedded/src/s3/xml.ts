import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { S3Error } from './s3-error.ts';
import type { Answer } from './call.ts';

const builder = new XMLBuilder({ ignoreAttributes: false });
const lists = ['Part', 'Object', 'CORSRule', 'AllowedOrigin', 'AllowedMethod', 'AllowedHeader'];
const parser = new XMLParser({
  parseTagValue: false,
  isArray: (name) => [...lists, 'ExposeHeader'].includes(name),
});

export const xml = (root: string, content: object, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({
    [root]: { '@_xmlns': 'http://s3.amazonaws.com/doc/2006-03-01/', ...content },
  })}`,
});

export const errorXml = (error: S3Error) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({
    Error: { Code: error.code, Message: error.message },
  })}`;

/** Parses the content of `root`. Values are text; elements that S3 lets repeat become lists. */
export const parseXml = (root: string, text: string): object => {
  try {
    const { [root]: content } = parser.parse(text);
    if (content && typeof content === 'object') return content;
  } catch {
    // Every mistake in the text gets the same code, thrown below.
  }
  throw new S3Error(400, 'MalformedXML');
};
