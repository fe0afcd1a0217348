import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Request, decide, statementsIn, statementsOf } from './iam.ts';
import { bootstrap, ofType } from './state.ts';

const account = '123456789012';
const ecs = `arn:aws:ecs:eu-central-1:${account}`;
const role = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const boundary = `arn:aws:iam::${account}:policy/taar-dev-boundary`;
const stateBucket = `taar-dev-terraform-${account}`;
const stateFile = `arn:aws:s3:::${stateBucket}/taar/terraform.tfstate`;

(bootstrap ? describe : describe.skip)('the roles of the workflows of dev', () => {
  const statements = (name: string) => statementsOf(bootstrap!, `taar-dev-${name}`)!;
  const decision = (name: string, request: Request) => decide(statements(name), request);

  test.each([
    ['deploy', 'ecs:UpdateService', `${ecs}:service/taar-dev/chat`, 'allowed'],
    ['deploy', 'ecs:UpdateService', `${ecs}:service/taar-production/chat`, 'denied'],
    ['deploy', 'ecs:StopServiceDeployment', `${ecs}:service-deployment/taar-dev/chat/1`, 'allowed'],
    ['deploy', 'ecs:DescribeTaskDefinition', '*', 'allowed'],
    ['deploy', 'ecs:DeleteService', `${ecs}:service/taar-dev/chat`, 'denied'],
    ['deploy', 'iam:CreateRole', role('taar-dev-x'), 'denied'],
    ['deploy', 's3:GetObject', stateFile, 'allowed'],
    ['deploy', 's3:PutObject', stateFile, 'denied'],
    ['deploy', 's3:GetObject', `arn:aws:s3:::taar-dev-media-${account}/m/1/2`, 'denied'],
    ['apply', 'iam:GetRole', role('taar-dev-chat-task'), 'allowed'],
    ['apply', 'iam:UpdateAssumeRolePolicy', role('taar-dev-deploy'), 'denied'],
    ['apply', 'iam:CreatePolicyVersion', boundary, 'denied'],
    ['apply', 'iam:DeleteRolePermissionsBoundary', role('taar-dev-chat-task'), 'denied'],
  ])('%s may %s on %s: %s', (name, action, resource, expected) => {
    expect(decision(name, { action, resource })).toBe(expected);
  });

  test.each([
    ['iam:CreateRole', 'taar-dev-x', boundary, 'allowed'],
    ['iam:CreateRole', 'other', boundary, 'denied'],
    ['iam:CreateRole', 'taar-dev-x', undefined, 'denied'],
    ['iam:PutRolePolicy', 'taar-dev-chat-task', boundary, 'allowed'],
    ['iam:AttachRolePolicy', 'taar-dev-chat-task', undefined, 'denied'],
    ['iam:PutRolePolicy', 'taar-dev-apply', boundary, 'denied'],
  ])('apply may %s on %s with boundary %s: %s', (action, name, given, expected) => {
    const context: Record<string, string> = given ? { 'iam:PermissionsBoundary': given } : {};
    expect(decision('apply', { action, resource: role(name), context })).toBe(expected);
  });

  test.each([
    ['taar-dev-chat-task', 'ecs-tasks.amazonaws.com', 'allowed'],
    ['taar-dev-chat-task', 'lambda.amazonaws.com', 'denied'],
    ['taar-production-chat-task', 'ecs-tasks.amazonaws.com', 'denied'],
  ])('deploy may pass %s to %s: %s', (name, service, expected) => {
    const context = { 'iam:PassedToService': service };
    expect(decision('deploy', { action: 'iam:PassRole', resource: role(name), context })).toBe(
      expected,
    );
  });

  test('plan reads the state, but no media, logs or secrets', () => {
    const readOnly = { Effect: 'Allow' as const, Action: '*', Resource: '*' };
    const may = (action: string, resource: string) =>
      decide([readOnly, ...statements('plan')], { action, resource });
    expect(may('s3:GetObject', stateFile)).toBe('allowed');
    expect(may('s3:GetObject', `arn:aws:s3:::taar-dev-media-${account}/m/1/2`)).toBe('denied');
    expect(may('logs:FilterLogEvents', 'any')).toBe('denied');
    expect(may('secretsmanager:GetSecretValue', 'any')).toBe('denied');
  });

  test('the boundary keeps a role from everything that no task needs', () => {
    const [policy] = ofType(bootstrap!, 'aws_iam_policy');
    const within = (action: string, resource: string) =>
      decide(statementsIn(policy!['policy']), { action, resource });
    expect(within('s3:PutObject', `arn:aws:s3:::taar-dev-media-${account}/m/1`)).toBe('allowed');
    expect(within('s3:GetObject', stateFile)).toBe('denied');
    expect(within('iam:CreateRole', role('taar-dev-x'))).toBe('denied');
    expect(within('sts:AssumeRole', role('taar-dev-apply'))).toBe('denied');
    expect(within('ecs:RunTask', '*')).toBe('denied');
  });

  test('each is open to one GitHub environment, in both forms of a repository in a token', () => {
    const subjects = ofType(bootstrap!, 'aws_iam_role').map((values) => {
      const [statement] = statementsIn(values['assume_role_policy']);
      return statement!.Condition!['StringEquals']!['token.actions.githubusercontent.com:sub'];
    });
    expect(subjects.flat().sort()).toEqual([
      'repo:owner/taar:environment:dev-deploy',
      'repo:owner/taar:environment:dev-infra',
      'repo:owner/taar:environment:dev-plan',
      'repo:owner@1/taar@2:environment:dev-deploy',
      'repo:owner@1/taar@2:environment:dev-infra',
      'repo:owner@1/taar@2:environment:dev-plan',
    ]);
  });

  test('trust the provider of the account, whether or not Terraform makes it', () => {
    const providers = ofType(bootstrap!, 'aws_iam_role').map((values) => {
      const [statement] = statementsIn(values['assume_role_policy']);
      return statement!.Principal!['Federated'];
    });
    expect(new Set(providers)).toEqual(
      new Set([`arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com`]),
    );
  });

  test('keep the state in a bucket whose name no other account can have', () => {
    expect(ofType(bootstrap!, 'aws_s3_bucket').map((values) => values['bucket'])).toEqual([
      stateBucket,
    ]);
  });
});

test.each(['dev', 'staging', 'production'])(
  'the backend of %s names the bucket that its bootstrap makes',
  (environment) => {
    const file = new URL(`../environments/${environment}.s3.tfbackend`, import.meta.url);
    const settings = readFileSync(file, 'utf8');
    expect(settings).toMatch(
      new RegExp(`^bucket\\s+= "taar-${environment}-terraform-\\d{12}"$`, 'm'),
    );
  },
);
