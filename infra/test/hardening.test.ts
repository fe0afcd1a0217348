import { describe, expect, test } from '@jest/globals';
import { type Statement, statementsIn } from './iam.ts';
import { type Resource, eachPlatform, ofType, platforms } from './state.ts';

const many = (value: string | string[] | undefined) => [value ?? []].flat();

/** Actions that AWS supports only for all resources. */
const withoutResource =
  /^(ecr:GetAuthorizationToken|elasticloadbalancing:\w+|cloudwatch:PutMetricData)$/;

const policiesOf = (resources: Resource[]) =>
  resources.flatMap(({ address, values }) =>
    ['policy', 'assume_role_policy']
      .filter((key) => String(values[key]).startsWith('{') && !address.includes('ecr_lifecycle'))
      .map((key) => ({ address, key, statements: statementsIn(values[key]) })),
  );

const isTooWide = (statement: Statement, key: string) => {
  if (statement.Effect !== 'Allow') return false;
  const actions = many(statement.Action);
  return (
    actions.some((action) => action === '*' || action.endsWith(':*')) ||
    (key === 'policy' &&
      many(statement.Resource).includes('*') &&
      !actions.every((action) => withoutResource.test(action)))
  );
};

(platforms.length > 0 ? describe : describe.skip).each(eachPlatform)(
  'in %s',
  (_name, resources) => {
    const each = (type: string) => ofType(resources, type);

    test('no policy allows all actions, or an action on all resources where it can name them', () => {
      const wide = policiesOf(resources).filter(({ key, statements }) =>
        statements.some((statement) => isTooWide(statement, key)),
      );
      expect(wide.map(({ address }) => address)).toEqual([]);
    });

    test('every role of a task has the boundary', () => {
      for (const role of each('aws_iam_role'))
        expect(role['permissions_boundary']).toMatch(/:policy\/taar-\w+-boundary$/);
    });

    test('every bucket is closed to the public, encrypted, and refuses connections without TLS', () => {
      const of = (type: string, bucket: unknown) =>
        each(type).find((values) => values['bucket'] === bucket);
      for (const { id } of each('aws_s3_bucket')) {
        expect(of('aws_s3_bucket_public_access_block', id)).toMatchObject({
          block_public_acls: true,
          block_public_policy: true,
          ignore_public_acls: true,
          restrict_public_buckets: true,
        });
        expect(of('aws_s3_bucket_server_side_encryption_configuration', id)).toBeDefined();
        expect(of('aws_s3_bucket_policy', id)!['policy']).toMatch(/aws:SecureTransport/);
      }
    });

    test('the database is private, encrypted and backed up, and Terraform knows no password', () => {
      for (const values of each('aws_db_instance')) {
        expect(values).toMatchObject({
          storage_encrypted: true,
          publicly_accessible: false,
          password: null,
        });
        expect(values['backup_retention_period']).toBeGreaterThan(0);
      }
    });

    test('the cache encrypts what it stores and sends', () => {
      for (const values of each('aws_elasticache_replication_group'))
        expect(values).toMatchObject({
          transit_encryption_enabled: true,
          at_rest_encryption_enabled: 'true',
        });
    });

    test('only HTTP and HTTPS are open to the internet', () => {
      const open = each('aws_vpc_security_group_ingress_rule')
        .filter((rule) => rule['cidr_ipv4'] === '0.0.0.0/0')
        .map((rule) => rule['from_port']);
      expect([...open].sort()).toEqual([443, 80]);
    });

    test('no log is kept for ever', () => {
      for (const values of each('aws_cloudwatch_log_group'))
        expect(values['retention_in_days']).toBeGreaterThan(0);
    });

    test('no secret is in a plain environment variable, and no container can write its image', () => {
      type Container = { readonlyRootFilesystem: boolean; environment?: { name: string }[] };
      const containers = each('aws_ecs_task_definition').flatMap(
        (values) => JSON.parse(String(values['container_definitions'])) as Container[],
      );
      expect(containers).toHaveLength(6);
      for (const container of containers) {
        expect(container.readonlyRootFilesystem).toBe(true);
        for (const { name } of container.environment ?? [])
          expect(name).not.toMatch(/SECRET|PASSWORD|TOKEN|KEY$/);
      }
    });

    test('a failed deployment of a service goes back by itself and never below the desired count', () => {
      for (const values of each('aws_ecs_service')) {
        expect(values['deployment_circuit_breaker']).toMatchObject([
          { enable: true, rollback: true },
        ]);
        expect(values['deployment_minimum_healthy_percent']).toBeGreaterThanOrEqual(100);
      }
    });
  },
);
