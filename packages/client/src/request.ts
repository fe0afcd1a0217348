import type { Body, Infer, WireError, apis } from '@taar/contracts';
import { operations } from './contract.ts';
import { Refused } from './refused.ts';

type Apis = typeof apis;
type Operations = Apis['auth'] & Apis['chat'] & Apis['media'] & Apis['status'] & Apis['user'];
type OperationName = keyof typeof operations;

type Settings = {
  url: string;
  token: (renew: boolean) => Promise<string>;
  signal?: AbortSignal;
};
type Call = { url: string; method: string; token: string; body: string | undefined };

/**
 * Calls an operation over REST by its name. Rejects with `Refused` when the server refuses, and with
 * another error without an answer within `withinMs`. An expired token is renewed once.
 */
export const createRequest =
  ({ url, token, signal }: Settings) =>
  async <N extends OperationName>(
    name: N,
    input: Infer<Operations[N]['input']>,
    withinMs?: number,
  ): Promise<Body<Operations[N]>> => {
    const { method, hasBody } = operations[name];
    const { path, rest } = fillPath(operations[name].path, input);
    const call = {
      url: `${url}${path}${hasBody ? '' : toQuery(rest)}`,
      method: method.toUpperCase(),
      body: hasBody ? JSON.stringify(rest) : undefined,
    };
    const signals = [signal, withinMs === undefined ? undefined : AbortSignal.timeout(withinMs)];
    const until = AbortSignal.any(signals.filter((given) => given !== undefined));
    try {
      return (await fetchJson({ ...call, token: await token(false) }, until)) as never;
    } catch (error) {
      if (!(error instanceof Refused && error.problem.code === 'token_expired')) throw error;
      return (await fetchJson({ ...call, token: await token(true) }, until)) as never;
    }
  };
export type Request = ReturnType<typeof createRequest>;

const fetchJson = async ({ url, method, token, body }: Call, signal: AbortSignal) => {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
    signal,
  });
  const answer: unknown = response.status === 204 ? undefined : await response.json();
  if (!response.ok) throw new Refused(answer as WireError);
  return answer;
};

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
