import { type ErrorCode, errors, wireError } from './errors.ts';
import { printer } from './json-schema.ts';
import { type Api, type Operation, errorsOf, pathParameters, takesBody } from './operation.ts';
import { services } from './services.ts';

/** Prints the whole REST contract as OpenAPI 3.1. */
export const openApi = () => {
  const { print, components } = printer('#/components/schemas/');
  type Json = ReturnType<typeof print>;

  const problem = print(wireError);
  const refusals = (operation: Operation) => {
    const byStatus = groupByStatus(errorsOf(operation));
    return Object.fromEntries(
      [...byStatus].map(([status, codes]) => [
        status,
        {
          description: [...new Set(codes)].join(', '),
          content: { 'application/problem+json': { schema: problem } },
        },
      ]),
    );
  };

  const describe = (service: string, name: string, operation: Operation) => {
    const input = print(operation.input) as {
      properties?: Record<string, Json>;
      required?: string[];
    };
    const inPath = pathParameters(operation.path);
    const rest = Object.entries(input.properties ?? {}).filter(([key]) => !inPath.includes(key));
    const required = (key: string) => input.required?.includes(key) ?? false;
    const body = takesBody(operation) && !operation.raw && rest.length > 0;
    const parameters = [
      ...inPath.map((key) => ({
        name: key,
        in: 'path',
        required: true,
        schema: input.properties![key],
      })),
      ...(takesBody(operation) ? [] : rest).map(([key, schema]) => ({
        name: key,
        in: 'query',
        required: required(key),
        schema,
      })),
      ...(operation.idempotencyKey
        ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string' } }]
        : []),
    ];
    const success = operation.output
      ? { content: { 'application/json': { schema: print(operation.output) } } }
      : {};
    const outcomes = operation.outcomes ?? { ok: { status: operation.status ?? 200 } };
    return {
      operationId: name,
      tags: [service],
      summary: operation.summary,
      security: operation.auth === 'user' ? [{ accessToken: [] }] : [],
      ...(parameters.length > 0 && { parameters }),
      ...(operation.bodies && {
        requestBody: {
          required: true,
          content: Object.fromEntries(
            Object.entries(operation.bodies).map(([type, schema]) => [
              type,
              { schema: print(schema) },
            ]),
          ),
        },
      }),
      ...(body && {
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                ...input,
                properties: Object.fromEntries(rest),
                required: rest.map(([key]) => key).filter(required),
              },
            },
          },
        },
      }),
      responses: {
        ...Object.fromEntries(
          Object.entries(outcomes).map(([outcome, { status, ...given }]) => [
            status,
            { description: outcome, ...('empty' in given ? {} : success) },
          ]),
        ),
        ...refusals(operation),
      },
    };
  };

  const paths: Record<string, Record<string, unknown>> = {};
  for (const [service, api] of Object.entries(services))
    for (const [name, operation] of Object.entries(api as Api)) {
      const path = operation.path.replace(/:(\w+)/g, '{$1}');
      paths[path] = { ...paths[path], [operation.method]: describe(service, name, operation) };
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

const groupByStatus = (codes: ErrorCode[]) => {
  const groups = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errors[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
};
