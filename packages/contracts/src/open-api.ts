import { type ErrorCode, errors, wireError } from './errors.ts';
import { printer } from './json-schema.ts';
import { type Api, type Operation, errorsOf, pathParameters, takesBody } from './operation.ts';
import { apis } from './apis.ts';

type Printer = ReturnType<typeof printer>;
type Print = Printer['print'];
type Json = ReturnType<Print>;

/** Prints the whole REST contract as OpenAPI 3.1. */
export const openApi = () => {
  const { print, components } = printer('#/components/schemas/');
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [service, api] of Object.entries(apis))
    for (const [name, operation] of Object.entries(api as Api)) {
      const path = operation.path.replace(/:(\w+)/g, '{$1}');
      const printed = printOperation(print, service, name, operation);
      paths[path] = { ...paths[path], [operation.method]: printed };
    }

  return {
    openapi: '3.1.0',
    info: { title: 'Taar', version: '1', description: 'The REST interface of a mobile messenger.' },
    paths,
    components: {
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: components,
    },
  };
};

const printOperation = (print: Print, service: string, name: string, operation: Operation) => {
  const input = splitInput(print, operation);
  const parameters = printParameters(operation, input);
  const requestBody = printRequestBody(print, operation, input);
  return {
    operationId: name,
    tags: [service],
    summary: operation.summary,
    security: operation.auth === 'user' ? [{ accessToken: [] }] : [],
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: { ...printSuccesses(print, operation), ...printErrors(print, operation) },
  };
};

/** The input as printed, and its fields by where they are sent. */
const splitInput = (print: Print, operation: Operation) => {
  const schema = print(operation.input) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  const pathKeys = pathParameters(operation.path);
  const fields = Object.entries(schema.properties ?? {});
  return {
    schema,
    inPath: pathKeys.map((key): [string, Json] => [key, schema.properties![key]!]),
    others: fields.filter(([key]) => !pathKeys.includes(key)),
    isRequired: (key: string) => schema.required?.includes(key) ?? false,
  };
};
type SplitInput = ReturnType<typeof splitInput>;

const printParameters = (operation: Operation, { inPath, others, isRequired }: SplitInput) => {
  const inQuery = takesBody(operation) ? [] : others;
  return [
    ...inPath.map(([name, schema]) => ({ name, in: 'path', required: true, schema })),
    ...inQuery.map(([name, schema]) => ({
      name,
      in: 'query',
      required: isRequired(name),
      schema,
    })),
    ...(operation.idempotencyKey
      ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string' } }]
      : []),
  ];
};

const printRequestBody = (
  print: Print,
  operation: Operation,
  { schema, others, isRequired }: SplitInput,
) => {
  if (operation.bodies) {
    const bodies = Object.entries(operation.bodies);
    const content = bodies.map(([type, body]) => [type, { schema: print(body) }]);
    return { required: true, content: Object.fromEntries(content) };
  }
  if (!takesBody(operation) || operation.raw || others.length === 0) return undefined;
  const body = {
    ...schema,
    properties: Object.fromEntries(others),
    required: others.map(([key]) => key).filter(isRequired),
  };
  return { required: true, content: { 'application/json': { schema: body } } };
};

const printSuccesses = (print: Print, operation: Operation) => {
  const content = operation.output && {
    content: { 'application/json': { schema: print(operation.output) } },
  };
  const outcomes = operation.outcomes ?? { ok: { status: operation.status ?? 200 } };
  return Object.fromEntries(
    Object.entries(outcomes).map(([outcome, { status, ...given }]) => [
      status,
      { description: outcome, ...('empty' in given ? {} : content) },
    ]),
  );
};

const printErrors = (print: Print, operation: Operation) => {
  const problem = print(wireError);
  return Object.fromEntries(
    [...groupByStatus(errorsOf(operation))].map(([status, codes]) => [
      status,
      {
        description: [...new Set(codes)].join(', '),
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  );
};

const groupByStatus = (codes: ErrorCode[]) => {
  const groups = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errors[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
};
