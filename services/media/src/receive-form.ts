import { uploadFields } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { invalidField, parse } from '@taar/kit/edge';
import type { Exchange } from '@taar/kit/rest';
import multer, { type StorageEngine } from 'multer';
import type { Deps } from './deps.ts';
import { assertPurpose, maxBytesOfAny, tooLarge } from './kinds.ts';
import { discard } from './upload/discard.ts';
import { finish } from './upload/finish.ts';
import { type Received, receiveFile } from './upload/receive-file.ts';
import { spendBytes } from './upload/spend-bytes.ts';

/** What surrounds a file in a form, at most. */
const formBytes = 16 * 1024;
const limits = {
  files: 1,
  fields: 5,
  parts: 6,
  fieldSize: 1_024,
  fieldNameSize: 100,
  fieldNestingDepth: 0,
  headerPairs: 20,
};

const announcedBytes = ({ req }: Exchange) => {
  const length = req.get('content-length');
  return length === undefined ? undefined : Math.max(0, Number(length) - formBytes);
};

const notAForm = () => invalidField('', 'form');

/** Reads the form; its file goes to `store` as it comes. A refusal does not wait for the rest. */
const read = ({ req, res }: Exchange, store: StorageEngine['_handleFile']) =>
  new Promise<void>((resolve, reject) => {
    // A client that has left already makes no event any more that would end the reading.
    if (req.destroyed) throw notAForm();
    const storage: StorageEngine = {
      _handleFile: (request, file, done) =>
        store(request, file, (error, info) => {
          if (error) {
            reject(error);
            file.stream.resume();
          }
          done(error, info);
        }),
      _removeFile: (_request, _file, done) => done(null),
    };
    multer({ storage, limits, defParamCharset: 'utf8' }).single('file')(
      req,
      res,
      (error: unknown) => (error ? reject(notAForm()) : resolve()),
    );
  });

/** A file in a form, from the wire to the storage. */
export const receiveForm = async (deps: Deps, actor: Actor, exchange: Exchange) => {
  const announced = announcedBytes(exchange);
  const maxBytes = maxBytesOfAny(deps.config);
  if (announced !== undefined && announced > maxBytes) throw tooLarge(maxBytes);
  await spendBytes(deps, actor, announced ?? maxBytes);

  let receiving: Promise<Received> | undefined;
  try {
    await read(exchange, (_request, { stream, originalname, mimetype }, done) => {
      receiving = receiveFile(deps, actor, {
        stream,
        name: originalname,
        declaredType: mimetype,
        announcedBytes: announced,
      });
      receiving.then(
        () => done(null),
        (error: unknown) => done(error),
      );
    });
    if (!receiving) throw invalidField('file', 'any.required');
    const { media, sizeBytes, sha256 } = await receiving;
    const { purpose } = parse<{ purpose: 'message' }>(uploadFields, exchange.req.body);
    assertPurpose(purpose, media.mimeType);
    return await finish(deps, media, { ...media, purpose, sizeBytes, sha256 });
  } catch (error) {
    // What became of the file says more than what that did to the form around it.
    const received = await receiving;
    if (received) await discard(deps, received.media);
    throw error;
  }
};
