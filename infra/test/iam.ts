import { type Resource, ofType } from './state.ts';

type OneOrMany = string | string[];
type Conditions = Record<string, Record<string, OneOrMany>>;
export type Statement = {
  Effect: 'Allow' | 'Deny';
  Action: OneOrMany;
  Resource?: OneOrMany;
  NotResource?: OneOrMany;
  Principal?: Record<string, OneOrMany>;
  Condition?: Conditions;
};
export type Request = { action: string; resource: string; context?: Record<string, string> };

const many = (value: OneOrMany) => [value].flat();
const matches = (patterns: OneOrMany, value: string, flags = '') =>
  many(patterns).some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`, flags).test(value);
  });

const holds = (conditions: Conditions, context: Record<string, string>) =>
  Object.entries(conditions).every(([operator, wanted]) => {
    if (operator !== 'StringEquals') throw new Error(`The operator ${operator} is not supported.`);
    return Object.entries(wanted).every(([key, values]) => many(values).includes(context[key]!));
  });

const applies = (statement: Statement, { action, resource, context = {} }: Request) =>
  matches(statement.Action, action, 'i') &&
  (statement.NotResource === undefined
    ? matches(statement.Resource!, resource)
    : !matches(statement.NotResource, resource)) &&
  holds(statement.Condition ?? {}, context);

/** Decides as IAM does within one account: a denial wins, and a request needs a statement that allows it. */
export const decide = (statements: Statement[], request: Request) => {
  const effects = statements
    .filter((statement) => applies(statement, request))
    .map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny') ? 'allowed' : 'denied';
};

export const statementsIn = (json: unknown) =>
  [(JSON.parse(String(json)) as { Statement: Statement | Statement[] }).Statement].flat();

/** Statements of a role's inline policies; undefined where there is no such role. */
export const statementsOf = (resources: Resource[], name: string) => {
  const role = ofType(resources, 'aws_iam_role').find((values) => values['name'] === name);
  return (
    role &&
    ofType(resources, 'aws_iam_role_policy')
      .filter((policy) => policy['role'] === role['id'])
      .flatMap((policy) => statementsIn(policy['policy']))
  );
};
