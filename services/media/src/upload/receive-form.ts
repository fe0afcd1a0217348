import { uploadFields } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { invalidField, parse } from '@taar/kit/edge';
import type { Exchange } from '@taar/kit/rest';
import multer, { type StorageEngine } from 'multer';
import type { Deps } from '../deps.ts';
import { assertPurpose, fileTooLarge, maxBytesOfAny } from '../files/kinds.ts';
import { discardUpload } from './discard-upload.ts';
import { finishUpload } from './finish-upload.ts';
import { type ReceivedFile, receiveFile } from './receive-file.ts';
import { spendBytes } from './spend-bytes.ts';

/** The most that a form adds to the bytes of its file. */
const maxFramingBytes = 16 * 1024;
const limits = {
  files: 1,
  fields: 5,
  parts: 6,
  fieldSize: 1_024,
  fieldNameSize: 100,
  fieldNestingDepth: 0,
  headerPairs: 20,
};

/** Streams the file of a form into the storage and creates its media. */
export const receiveForm = async (deps: Deps, actor: Actor, exchange: Exchange) => {
  const announced = announcedBytes(exchange);
  const maxBytes = maxBytesOfAny(deps.config);
  if (announced !== undefined && announced > maxBytes) throw fileTooLarge(maxBytes);
  await spendBytes(deps, actor, announced ?? maxBytes);

  let receiving: Promise<ReceivedFile> | undefined;
  try {
    await readForm(exchange, (_request, { stream, originalname, mimetype }, done) => {
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
    return await finishUpload(deps, media, { ...media, purpose, sizeBytes, sha256 });
  } catch (error) {
    // An error of the file, thrown here, is more precise than the error it caused in the form.
    const received = await receiving;
    if (received) await discardUpload(deps, received.media);
    throw error;
  }
};

const announcedBytes = ({ req }: Exchange) => {
  const length = req.get('content-length');
  return length === undefined ? undefined : Math.max(0, Number(length) - maxFramingBytes);
};

/** Reads the form and streams its file to `store`; rejects at once when `store` fails. */
const readForm = ({ req, res }: Exchange, store: StorageEngine['_handleFile']) =>
  new Promise<void>((resolve, reject) => {
    // A request that was aborted before this point emits no event that would end the reading.
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

const notAForm = () => invalidField('', 'form');
