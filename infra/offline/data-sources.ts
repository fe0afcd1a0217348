import { account, region } from './compute.ts';
import { type Values, listOf } from './values.ts';

type Principal = { type: string; identifiers: string[] };
type Condition = { test: string; variable: string; values: string[] };

const oneOrMany = (values: unknown) => {
  const list = listOf(values);
  return list.length === 1 ? list[0] : [...list].sort();
};

const principalsOf = (principals: Principal[]) =>
  principals.some(({ type }) => type === '*')
    ? '*'
    : Object.fromEntries(principals.map(({ type, identifiers }) => [type, oneOrMany(identifiers)]));

const conditionsOf = (conditions: Condition[]) => {
  const byTest: Record<string, Record<string, unknown>> = {};
  for (const { test, variable, values } of conditions)
    (byTest[test] ??= {})[variable] = oneOrMany(values);
  return byTest;
};

const lists = {
  actions: 'Action',
  not_actions: 'NotAction',
  resources: 'Resource',
  not_resources: 'NotResource',
};

const toStatement = (values: Values) => {
  const statement: Values = {};
  if (values['sid']) statement['Sid'] = values['sid'];
  statement['Effect'] = values['effect'] ?? 'Allow';
  for (const [key, name] of Object.entries(lists))
    if (listOf(values[key]).length > 0) statement[name] = oneOrMany(values[key]);
  for (const [key, name] of [
    ['principals', 'Principal'],
    ['not_principals', 'NotPrincipal'],
  ] as const) {
    const principals = listOf(values[key]) as Principal[];
    if (principals.length > 0) statement[name] = principalsOf(principals);
  }
  const conditions = listOf(values['condition']) as Condition[];
  if (conditions.length > 0) statement['Condition'] = conditionsOf(conditions);
  return statement;
};

const policyDocument = (values: Values) => {
  const sources = listOf(values['source_policy_documents']) as string[];
  const document = {
    Version: values['version'] ?? '2012-10-17',
    Statement: [
      ...sources.flatMap((json) => listOf((JSON.parse(json) as Values)['Statement'])),
      ...(listOf(values['statement']) as Values[]).map(toStatement),
    ],
  };
  const json = JSON.stringify(document, null, 2);
  return { id: 'offline', json, minified_json: JSON.stringify(document) };
};

const zones = ['a', 'b', 'c'].map((suffix) => region + suffix);

/** Data sources whose answers a configuration computes with. Of others any value of the type will do. */
const answers: Record<string, (values: Values) => Values> = {
  aws_caller_identity: () => ({ id: account, account_id: account }),
  aws_region: () => ({ id: region, name: region, region }),
  aws_availability_zones: () => ({ id: region, names: zones }),
  aws_iam_policy_document: policyDocument,
};

export const answer = (type: string, values: Values): Values => ({
  ...values,
  id: values['id'] ?? `${type}.id`,
  ...answers[type]?.(values),
});
