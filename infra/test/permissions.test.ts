import { describe, expect, test } from '@jest/globals';
import { decide, statementsIn, statementsOf } from './iam.ts';
import { eachPlatform, ofType, platforms } from './state.ts';

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

  test.each(services)('%s may read its own image and secret, and no others', (service) => {
    for (const other of services) {
      const expected = other === service ? 'allowed' : 'denied';
      const role = `${service}-execution`;
      expect(decision(role, 'secretsmanager:GetSecretValue', secretOf(other))).toBe(expected);
      expect(decision(role, 'ecr:BatchGetImage', repositoryOf(other))).toBe(expected);
      const task = `${service}-task`;
      expect(decision(task, 'secretsmanager:GetSecretValue', secretOf(other))).toBe('denied');
    }
  });

  test('only named AWS services may assume a role', () => {
    const trusted = ofType(resources, 'aws_iam_role').flatMap((role) =>
      statementsIn(role['assume_role_policy']).map((statement) =>
        JSON.stringify(statement.Principal),
      ),
    );
    for (const principal of trusted)
      expect(principal).toMatch(/^\{"Service":"(ecs-tasks|ecs|vpc-flow-logs)\.amazonaws\.com"\}$/);
  });
});
