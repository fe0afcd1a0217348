import { describe, expect, test } from '@jest/globals';
import { brokenRules } from '../offline/rules.ts';
import { readSchema } from '../offline/schema.ts';
import { type Values, unknown } from '../offline/values.ts';

const { resources } = readSchema();
const broken = (type: string, values: Values) =>
  brokenRules(type, resources[type]!, values).map(({ summary }) => summary);

const secretVersion = 'aws_secretsmanager_secret_version';
const user = { user_id: 'taar', user_name: 'taar', access_string: 'on', engine: 'valkey' };
const group = { name: 'a', vpc_id: 'vpc' };
const rule = { security_group_id: 'sg', ip_protocol: 'tcp', from_port: 443, to_port: 443 };
const task = (cpu: number, memory: number) => ({ cpu, memory, container_definitions: '[]' });

describe('the offline provider rejects', () => {
  test.each<[string, string, Values, RegExp]>([
    [
      'a version of a write-only value without the value',
      secretVersion,
      { secret_id: 's', secret_string_wo: null, secret_string_wo_version: 1 },
      /"secret_string_wo_version": all of secret_string_wo, secret_string_wo_version must be/,
    ],
    [
      'a write-only value without its version',
      secretVersion,
      { secret_id: 's', secret_string_wo: 'x' },
      /"secret_string_wo": all of/,
    ],
    [
      'a value that is both stored and write-only',
      secretVersion,
      { secret_id: 's', secret_string: 'x', secret_string_wo: 'x', secret_string_wo_version: 1 },
      /"secret_string": conflicts with secret_string_wo/,
    ],
    [
      'a name beside a prefix of a name',
      'aws_lb_target_group',
      { ...group, name_prefix: 'b' },
      /"name": conflicts with name_prefix/,
    ],
    [
      'a master password beside one that RDS manages',
      'aws_db_instance',
      { manage_master_user_password: true, password: 'x', skip_final_snapshot: true },
      /"manage_master_user_password": conflicts with password/,
    ],
    [
      'an apostrophe in the description of a security group',
      'aws_security_group',
      { description: "The services' tasks" },
      /"description" does not match/,
    ],
    [
      'a rule of a security group with two sources',
      'aws_vpc_security_group_ingress_rule',
      { ...rule, cidr_ipv4: '0.0.0.0/0', referenced_security_group_id: 'sg-2' },
      /exactly one of cidr_ipv4/,
    ],
    [
      'a Valkey user without a password',
      'aws_elasticache_user',
      { ...user, no_password_required: true },
      /Valkey has no users without a password/,
    ],
    [
      'a password that ElastiCache finds too short',
      'aws_elasticache_user',
      { ...user, passwords_wo: 'short', passwords_wo_version: 1 },
      /"passwords_wo" has less than 16/,
    ],
    [
      'a size that Fargate does not have',
      'aws_ecs_task_definition',
      task(256, 4096),
      /Fargate has no task of 256 CPU and 4096 MiB/,
    ],
    [
      'a public key that would be replaced by every apply',
      'aws_cloudfront_public_key',
      { encoded_key: 'PEM' },
      /newline at its end/,
    ],
    [
      'a value for an attribute that AWS decides',
      'aws_security_group',
      { arn: 'arn:aws:ec2:…' },
      /Value for unconfigurable attribute/,
    ],
    [
      'a number of days that CloudWatch does not offer',
      'aws_cloudwatch_log_group',
      { retention_in_days: 8 },
      /expected retention_in_days to be one of/,
    ],
  ])('%s', (_what, type, values, message) => {
    expect(broken(type, values).join('\n')).toMatch(message);
  });
});

describe('the offline provider accepts', () => {
  test.each<[string, string, Values]>([
    [
      'a write-only value that is known only at apply',
      secretVersion,
      { secret_id: 's', secret_string_wo: unknown, secret_string_wo_version: 1 },
    ],
    [
      'attributes of which at most one turns out to be set',
      'aws_cloudwatch_metric_alarm',
      { statistic: unknown, extended_statistic: unknown },
    ],
    ['a security group as the configuration has it', 'aws_security_group', { description: 'a: b' }],
    ['a size that Fargate has', 'aws_ecs_task_definition', task(1024, 4096)],
    ['a user with a password', 'aws_elasticache_user', { ...user, passwords: ['x'.repeat(16)] }],
  ])('%s', (_what, type, values) => {
    expect(broken(type, values)).toEqual([]);
  });
});
