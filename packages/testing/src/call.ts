import { type Body, type Input, type Operation, pathParameters, takesBody } from '@taar/contracts';
import request from 'supertest';
import { assertAnswer } from './contract.ts';

export type Answer<O extends Operation> = {
  status: number;
  headers: Record<string, string | undefined>;
  /** The output of the operation; the problem if the status is 400 or higher. */
  body: Body<O>;
};
/** Calls an operation; fails the test if the answer violates the contract. */
export type Call = <O extends Operation>(operation: O, input: Input<O>) => Promise<Answer<O>>;

/** Calls the service at `url` with an access token, or without one. */
export const createCall =
  (url: string, token?: () => Promise<string>): Call =>
  async (operation, input) => {
    const { path, rest, idempotencyKey } = split(operation, input);
    const sending = request(url)[operation.method](path);
    if (token) sending.auth(await token(), { type: 'bearer' });
    if (idempotencyKey !== undefined) sending.set('Idempotency-Key', idempotencyKey as string);
    const { status, headers, body } = await (takesBody(operation)
      ? sending.send(rest)
      : sending.query(rest));
    const answer = { status, headers: headers as Answer<Operation>['headers'], body };
    assertAnswer(operation, answer);
    return answer;
  };

/** Divides an input into path, query or body, and the Idempotency-Key. */
const split = (operation: Operation, input: Record<string, unknown>) => {
  const { idempotencyKey, ...fields } = operation.idempotencyKey
    ? input
    : { ...input, idempotencyKey: undefined };
  const inPath = pathParameters(operation.path);
  const path = operation.path.replace(/:(\w+)/g, (_whole, name: string) =>
    encodeURIComponent(String(fields[name])),
  );
  const rest = Object.fromEntries(Object.entries(fields).filter(([key]) => !inPath.includes(key)));
  return { path, rest, idempotencyKey };
};
