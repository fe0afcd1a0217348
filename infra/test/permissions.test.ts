import { describe, expect, test } from '@jest/globals';
import { decide, statementsIn, statementsOf } from './iam.ts';
import { bootstrap, eachPlatform, ofType, platforms } from './state.ts';

const account = '123456789012';
const services = ['auth', 'chat', 'user', 'media', 'status'];
const withState = platforms.length > 0 ? describe : describe.skip;

withState.each(eachPlatform)('in %s', (environment, resources) => {
  const name = `taar-${environment}`;
  const bucket = `arn:aws:s3:::${name}-media-${account}`;
  const secretOf = (owner: string) =>
    `arn:aws:secretsmanager:us-east-1:${account}:secret/${name}/${owner}`;
  const repositoryOf = (owner: string) =>
    `arn:aws:ecr:us-east-1:${account}:repository/${name}/${owner}`;
  const decision = (role: string, action: string, resource: string) => {
    const statements = statementsOf(resources, `${name}-${role}`);
    if (!statements) throw new Error(`There is no role ${role}.`);
    return decide(statements, { action, resource });
  };

  test.each([
    ['media-task', 's3:PutObject', `${bucket}/m/1/2`, 'allowed'],
    ['media-task', 's3:GetObject', `${bucket}/m/1/2`, 'allowed'],
    ['media-task', 's3:DeleteObject', `${bucket}/m/1/2`, 'allowed'],
    ['media-task', 's3:ListBucket', bucket, 'allowed'],
    ['media-task', 's3:ListBucketMultipartUploads', bucket, 'allowed'],
    ['media-task', 's3:AbortMultipartUpload', `${bucket}/m/1/2`, 'allowed'],
    ['media-task', 's3:GetObject', 'arn:aws:s3:::another/m/1/2', 'denied'],
    ['media-task', 's3:DeleteBucket', bucket, 'denied'],
    ['media-task', 's3:PutBucketPolicy', bucket, 'denied'],
    ['media-task', 's3:PutObjectAcl', `${bucket}/m/1/2`, 'denied'],
    ['user-task', 's3:PutObject', `${bucket}/m/1/2`, 'allowed'],
    ['user-task', 's3:PutObject', `${bucket}/other`, 'denied'],
    ['user-task', 's3:GetObject', `${bucket}/m/1/2`, 'denied'],
    ['user-task', 's3:DeleteObject', `${bucket}/m/1/2`, 'denied'],
    ...['auth', 'chat', 'status'].map((service) => [
      `${service}-task`,
      's3:GetObject',
      `${bucket}/m/1/2`,
      'denied',
    ]),
    ['migrate', 'secretsmanager:GetSecretValue', secretOf('migrate'), 'allowed'],
    ['migrate', 'secretsmanager:GetSecretValue', secretOf('auth'), 'denied'],
  ])('%s may %s on %s: %s', (role, action, resource, expected) => {
    expect(decision(role, action, resource)).toBe(expected);
  });

  test.each(services)('%s starts with its own image and secrets, and no other', (service) => {
    for (const other of services) {
      const expected = other === service ? 'allowed' : 'denied';
      const role = `${service}-execution`;
      expect(decision(role, 'secretsmanager:GetSecretValue', secretOf(other))).toBe(expected);
      expect(decision(role, 'ecr:BatchGetImage', repositoryOf(other))).toBe(expected);
      const task = `${service}-task`;
      expect(decision(task, 'secretsmanager:GetSecretValue', secretOf(other))).toBe('denied');
    }
  });

  test('only AWS services assume roles, and each is named', () => {
    const trusted = ofType(resources, 'aws_iam_role').flatMap((role) =>
      statementsIn(role['assume_role_policy']).map((statement) =>
        JSON.stringify((statement as { Principal?: unknown }).Principal),
      ),
    );
    for (const principal of trusted)
      expect(principal).toMatch(/^\{"Service":"(ecs-tasks|ecs|vpc-flow-logs)\.amazonaws\.com"\}$/);
  });
});

(bootstrap ? describe : describe.skip)('whoever deploys dev', () => {
  const statements = (role: string) => statementsOf(bootstrap!, `taar-dev-${role}`)!;
  const ecs = `arn:aws:ecs:eu-central-1:${account}`;
  const role = (name: string) => `arn:aws:iam::${account}:role/${name}`;
  const toTasks = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' };

  test.each([
    ['deploy', 'ecs:UpdateService', `${ecs}:service/taar-dev/chat`, 'allowed'],
    ['deploy', 'ecs:UpdateService', `${ecs}:service/taar-production/chat`, 'denied'],
    ['deploy', 'ecs:DescribeTaskDefinition', '*', 'allowed'],
    ['deploy', 'ecs:DeleteService', `${ecs}:service/taar-dev/chat`, 'denied'],
    ['deploy', 'iam:PassRole', role('taar-dev-chat-task'), 'allowed'],
    ['deploy', 'iam:PassRole', role('taar-production-chat-task'), 'denied'],
    ['deploy', 'iam:CreateRole', role('taar-dev-x'), 'denied'],
    ['deploy', 's3:GetObject', 'arn:aws:s3:::taar-dev-terraform/taar/terraform.tfstate', 'allowed'],
    ['deploy', 's3:PutObject', 'arn:aws:s3:::taar-dev-terraform/taar/terraform.tfstate', 'denied'],
    ['deploy', 's3:GetObject', `arn:aws:s3:::taar-dev-media-${account}/m/1/2`, 'denied'],
    ['apply', 'iam:PutRolePolicy', role('taar-dev-chat-task'), 'allowed'],
    ['apply', 'iam:PutRolePolicy', role('taar-dev-apply'), 'denied'],
    ['apply', 'iam:UpdateAssumeRolePolicy', role('taar-dev-deploy'), 'denied'],
    ['apply', 'iam:CreateRole', role('somebody'), 'denied'],
  ])('%s may %s on %s: %s', (name, action, resource, expected) => {
    const context = action === 'iam:PassRole' ? toTasks : {};
    expect(decide(statements(name), { action, resource, context })).toBe(expected);
  });

  test('hands roles to tasks alone', () => {
    const resource = role('taar-dev-chat-task');
    const context = { 'iam:PassedToService': 'lambda.amazonaws.com' };
    expect(decide(statements('deploy'), { action: 'iam:PassRole', resource, context })).toBe(
      'denied',
    );
  });

  test('who plans reads no media, logs or secrets, whatever else it reads', () => {
    const readOnly = { Effect: 'Allow' as const, Action: '*', Resource: '*' };
    const may = (action: string, resource: string) =>
      decide([readOnly, ...statements('plan')], { action, resource });
    expect(may('s3:GetObject', 'arn:aws:s3:::taar-dev-terraform/taar/terraform.tfstate')).toBe(
      'allowed',
    );
    expect(may('s3:GetObject', `arn:aws:s3:::taar-dev-media-${account}/m/1/2`)).toBe('denied');
    expect(may('logs:FilterLogEvents', 'any')).toBe('denied');
    expect(may('secretsmanager:GetSecretValue', 'any')).toBe('denied');
  });

  test('is a job of one GitHub environment of one repository', () => {
    const subjects = ofType(bootstrap!, 'aws_iam_role').map((values) => {
      const [statement] = statementsIn(values['assume_role_policy']);
      return statement!.Condition!['StringEquals']!['token.actions.githubusercontent.com:sub'];
    });
    expect(subjects.flat().sort()).toEqual([
      'repo:owner/taar:environment:dev',
      'repo:owner/taar:environment:dev',
      'repo:owner/taar:environment:dev-plan',
    ]);
  });
});
