import type { Body, Infer, WireError, apis } from '@taar/contracts';
import { operations } from './contract.ts';
import { Refused } from './refused.ts';

type Apis = typeof apis;
type Operations = Apis['auth'] & Apis['chat'] & Apis['media'] & Apis['status'] & Apis['user'];
type OperationName = keyof typeof operations;

type Settings = { url: string; token: (renew: boolean) => Promise<string> };

/** Calls an operation over REST by its name. Rejects with `Refused` when the server refuses. */
export const createRequest =
  ({ url, token }: Settings) =>
  async <N extends OperationName>(
    name: N,
    input: Infer<Operations[N]['input']>,
  ): Promise<Body<Operations[N]>> => {
    const { method, hasBody } = operations[name];
    const { path, rest } = fillPath(operations[name].path, input);
    const response = await fetch(`${url}${path}${hasBody ? '' : toQuery(rest)}`, {
      method: method.toUpperCase(),
      headers: {
        authorization: `Bearer ${await token(false)}`,
        ...(hasBody && { 'content-type': 'application/json' }),
      },
      ...(hasBody && { body: JSON.stringify(rest) }),
    });
    const body: unknown = response.status === 204 ? undefined : await response.json();
    if (!response.ok) throw new Refused(body as WireError);
    return body as Body<Operations[N]>;
  };
export type Request = ReturnType<typeof createRequest>;

/** Puts the input's path parameters into the path; `rest` is the remaining input. */
const fillPath = (template: string, input: Record<string, unknown>) => {
  const rest = { ...input };
  const path = template.replace(/:(\w+)/g, (_parameter, key: string) => {
    delete rest[key];
    return encodeURIComponent(String(input[key]));
  });
  return { path, rest };
};

const toQuery = (fields: Record<string, unknown>) => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return query && `?${query}`;
};
