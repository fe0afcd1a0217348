import { mediaRest, startUpload as startUploadInput } from '@taar/contracts';
import type { StartUpload } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { parse } from '@taar/kit/edge';
import { type Exchange, readBody } from '@taar/kit/rest';
import type { Deps } from './deps.ts';
import { receiveForm } from './receive-form.ts';
import { startUpload } from './upload/start-upload.ts';

const readJson = ({ req, res }: Exchange) =>
  new Promise<unknown>((resolve, reject) => {
    void readBody(req, res, (error?: unknown) => (error ? reject(error) : resolve(req.body)));
  });

/** One path, two ways to send a file: through us, or straight to the storage. */
const receive = async (deps: Deps, actor: Actor, exchange: Exchange) =>
  exchange.req.is('multipart/form-data')
    ? deps.slots.take(actor.userId, () => receiveForm(deps, actor, exchange))
    : startUpload(deps, actor, parse<StartUpload>(startUploadInput, await readJson(exchange)));

export const receiveUpload = async (
  deps: Deps,
  actor: Actor,
  _input: unknown,
  exchange: Exchange,
) => {
  const { req, res } = exchange;
  try {
    const { outcome, body } = await receive(deps, actor, exchange);
    const { status, ...given } = mediaRest.uploadMedia.outcomes[outcome];
    res
      .status(status)
      .set('headers' in given ? given.headers : {})
      .json(body);
  } catch (error) {
    // Nobody needs the rest of a body that was refused.
    if (!req.complete) res.set('Connection', 'close');
    throw error;
  }
};
