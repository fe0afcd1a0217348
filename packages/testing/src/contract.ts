import {
  type AnySchema,
  type ErrorCode,
  type Operation,
  type WireError,
  errors,
  errorsOf,
  wireError,
} from '@taar/contracts';

/** An answer or event that violates the contract. */
export class ContractViolation extends Error {}

export const assertMatches = (what: string, schema: AnySchema, value: unknown) => {
  const { error } = schema.required().validate(value, { convert: false, abortEarly: false });
  if (error)
    throw new ContractViolation(`${what} violates the contract: ${error.message}\n${print(value)}`);
};

const print = (value: unknown) => JSON.stringify(value, undefined, 2);

export const assertProblem = (what: string, value: unknown): WireError => {
  assertMatches(what, wireError, value);
  const problem = value as WireError;
  const known = Object.hasOwn(errors, problem.code) ? errors[problem.code] : undefined;
  if (known?.status !== problem.status || known.title !== problem.title)
    throw new ContractViolation(`${what} is no problem of the contract:\n${print(problem)}`);
  return problem;
};

type Answer = { status: number; headers: Record<string, string | undefined>; body: unknown };

/** Throws unless the contract entry of the operation allows the answer. */
export const assertAnswer = (operation: Operation, answer: Answer) => {
  const { status, headers, body } = answer;
  const what = `${operation.method.toUpperCase()} ${operation.path} → ${status}`;
  if (status >= 400) return assertDeclaredError(what, operation, answer);
  const outcome = outcomesOf(operation).find(
    (known) =>
      known.status === status && hasHeaders(headers, 'headers' in known ? known.headers : {}),
  );
  if (!outcome)
    throw new ContractViolation(`${what}: the contract declares no such outcome:\n${print(body)}`);
  if (operation.output && status !== 304 && !('empty' in outcome))
    assertMatches(what, operation.output, body);
};

const assertDeclaredError = (what: string, operation: Operation, answer: Answer) => {
  const problem = assertProblem(what, answer.body);
  const allowed: ErrorCode[] = errorsOf(operation);
  if (!allowed.includes(problem.code))
    throw new ContractViolation(
      `${what}: the contract declares no error ${problem.code} for this operation.`,
    );
  const type = answer.headers['content-type'] ?? 'none';
  if (problem.status !== answer.status || !type.startsWith('application/problem+json'))
    throw new ContractViolation(
      `${what}: status ${answer.status}, type ${type}:\n${print(problem)}`,
    );
};

const outcomesOf = ({ status, output, outcomes, etag }: Operation) => [
  ...Object.values(outcomes ?? { ok: { status: status ?? (output ? 200 : 204) } }),
  ...(etag ? [{ status: 304 }] : []),
];

const hasHeaders = (headers: Answer['headers'], expected: Record<string, string> = {}) =>
  Object.entries(expected).every(([name, value]) => headers[name.toLowerCase()] === value);
