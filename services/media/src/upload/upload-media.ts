import { type StartUpload, mediaRest, startUpload as startUploadInput } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { parse } from '@taar/kit/edge';
import { type Exchange, answer, readBody } from '@taar/kit/rest';
import type { Deps } from '../deps.ts';
import { receiveForm } from './receive-form.ts';
import { startUpload } from './start-upload.ts';

/** Takes a file from a form, or answers a JSON announcement with where to send the file. */
export const uploadMedia = async (
  deps: Deps,
  actor: Actor,
  _input: unknown,
  exchange: Exchange,
) => {
  const { req, res } = exchange;
  try {
    const result = req.is('multipart/form-data')
      ? await deps.uploadSlots.run(actor.userId, () => receiveForm(deps, actor, exchange))
      : await startUpload(
          deps,
          actor,
          parse<StartUpload>(startUploadInput, await bodyOf(exchange)),
        );
    await answer(res, mediaRest.uploadMedia, result);
  } catch (error) {
    // The client is still sending: closing the connection saves the rest of a rejected body.
    if (!req.complete) res.set('Connection', 'close');
    throw error;
  }
};

const bodyOf = ({ req, res }: Exchange) =>
  new Promise<unknown>((resolve, reject) => {
    void readBody(req, res, (error?: unknown) => (error ? reject(error) : resolve(req.body)));
  });
