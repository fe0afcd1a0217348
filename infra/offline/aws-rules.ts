import type { Rules } from './rules.ts';
import { type Values, isUnknown, listOf } from './values.ts';

/** The characters that EC2 takes in the description of a security group or of a rule. */
const securityGroupText = /^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/;
const role = /^[\w+=,.@-]{1,64}$/;
const loadBalancerName = /^(?!internal-)[0-9A-Za-z](?:[0-9A-Za-z-]{0,30}[0-9A-Za-z])?$/;
const lowerCaseId = /^[a-z](?!.*--)[a-z0-9-]{0,38}[a-z0-9]$/;

const retentionDays = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
  3288, 3653,
];

/** Memory in MiB that Fargate offers for each number of CPU units: from, to, in steps of. */
const fargateMemory: Record<string, [min: number, max: number, step: number]> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
};

const first = (values: Values, name: string) => listOf(values[name])[0] as Values | undefined;

const fargateSize = ({ cpu, memory }: Values) => {
  if (isUnknown(cpu) || isUnknown(memory)) return undefined;
  const [min, max, step] = fargateMemory[String(cpu)] ?? [0, 0, 1];
  const fits = Number(memory) >= min && Number(memory) <= max && Number(memory) % step === 0;
  return fits ? undefined : `Fargate has no task of ${String(cpu)} CPU and ${String(memory)} MiB`;
};

const stopTimeout = ({ container_definitions: json }: Values) => {
  if (typeof json !== 'string') return undefined;
  const containers = JSON.parse(json) as { name: string; stopTimeout?: number }[];
  const slow = containers.find((container) => (container.stopTimeout ?? 0) > 120);
  return slow && `${slow.name}: Fargate waits for at most 120 s after SIGTERM`;
};

const healthCheck = (values: Values) => {
  const { interval, timeout, unhealthy_threshold: strikes } = first(values, 'health_check') ?? {};
  if (Number(timeout) >= Number(interval)) return 'health check: timeout is not below interval';
  if (Number(strikes) > 10 || Number(strikes) < 2) return 'health check: strikes not in 2 - 10';
  return undefined;
};

const json = (name: string) => (values: Values) => {
  const text = values[name];
  if (typeof text !== 'string') return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return `"${name}" is not JSON`;
  }
};

const writtenPassword = (name: string) => (values: Values) => {
  const password = values[name];
  const fits = typeof password !== 'string' || (password.length >= 16 && password.length <= 128);
  return fits ? undefined : `"${name}" has less than 16 or more than 128 characters`;
};

/** A user group of engine valkey takes only users that authenticate. */
const authenticates = (values: Values) => {
  const mode = first(values, 'authentication_mode');
  const isOpen =
    values['no_password_required'] === true || mode?.['type'] === 'no-password-required';
  return String(values['engine']).toLowerCase() === 'valkey' && isOpen
    ? 'Valkey has no users without a password'
    : undefined;
};

const failover = (values: Values) => {
  const isOn = values['automatic_failover_enabled'] === true;
  if (values['multi_az_enabled'] === true && !isOn)
    return 'multi_az_enabled needs automatic_failover_enabled';
  return isOn && Number(values['num_cache_clusters'] ?? 2) < 2
    ? 'automatic_failover_enabled needs num_cache_clusters of at least 2'
    : undefined;
};

const valkeyVersion = ({ engine, engine_version: version }: Values) =>
  engine === 'valkey' && version === null ? 'engine valkey needs an engine_version' : undefined;

const snapshot = (values: Values) =>
  values['skip_final_snapshot'] === true || values['final_snapshot_identifier'] !== null
    ? undefined
    : 'final_snapshot_identifier is required when skip_final_snapshot is false';

const datapoints = ({ datapoints_to_alarm: needed, evaluation_periods: periods }: Values) =>
  needed !== null && Number(needed) > Number(periods)
    ? 'datapoints_to_alarm is above evaluation_periods'
    : undefined;

const trailingNewline = ({ encoded_key: key }: Values) =>
  typeof key === 'string' && !key.endsWith('\n')
    ? 'CloudFront returns encoded_key with a newline at its end, so it needs one'
    : undefined;

const recoveryWindow = ({ recovery_window_in_days: days }: Values) =>
  days === null || isUnknown(days) || days === 0 || (Number(days) >= 7 && Number(days) <= 30)
    ? undefined
    : 'recovery_window_in_days is neither 0 nor in 7 - 30';

const securityGroupRule: Rules = {
  matches: { description: securityGroupText },
  exactlyOneOf: [['cidr_ipv4', 'cidr_ipv6', 'prefix_list_id', 'referenced_security_group_id']],
};

export const awsRules: Record<string, Rules> = {
  aws_cloudfront_public_key: { checks: [trailingNewline] },
  aws_cloudwatch_log_group: { values: { retention_in_days: retentionDays } },
  aws_cloudwatch_metric_alarm: {
    conflicts: [
      ['statistic', 'extended_statistic'],
      ['metric_name', 'metric_query'],
      ['period', 'metric_query'],
      ['threshold', 'threshold_metric_id'],
    ],
    values: { treat_missing_data: ['missing', 'ignore', 'breaching', 'notBreaching'] },
    matches: { extended_statistic: /^(p|tm|wm|tc|ts|pr)\S+$/i },
    checks: [datapoints],
  },
  aws_db_instance: {
    conflicts: [
      ['manage_master_user_password', 'password'],
      ['manage_master_user_password', 'password_wo'],
      ['replicate_source_db', 'snapshot_identifier'],
    ],
    matches: { identifier: /^[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]$/ },
    checks: [snapshot],
  },
  aws_ecs_service: {
    conflicts: [['capacity_provider_strategy', 'launch_type']],
    values: {
      propagate_tags: ['SERVICE', 'TASK_DEFINITION', 'NONE'],
      scheduling_strategy: ['REPLICA', 'DAEMON'],
    },
  },
  aws_ecs_task_definition: { checks: [fargateSize, stopTimeout] },
  aws_elasticache_replication_group: {
    conflicts: [
      ['auth_token', 'user_group_ids'],
      ['num_cache_clusters', 'num_node_groups'],
      ['num_cache_clusters', 'replicas_per_node_group'],
    ],
    matches: { replication_group_id: lowerCaseId },
    checks: [failover, valkeyVersion],
  },
  aws_elasticache_user: {
    values: { engine: ['redis', 'valkey', 'REDIS', 'VALKEY'] },
    matches: { user_id: lowerCaseId },
    checks: [authenticates, writtenPassword('passwords_wo')],
  },
  aws_flow_log: {
    exactlyOneOf: [
      ['eni_id', 'subnet_id', 'transit_gateway_attachment_id', 'transit_gateway_id', 'vpc_id'],
    ],
  },
  aws_iam_role: {
    matches: { name: role },
    range: { max_session_duration: [3600, 43_200] },
    checks: [json('assume_role_policy')],
  },
  aws_iam_role_policy: { checks: [json('policy')] },
  aws_lb: {
    exactlyOneOf: [['subnets', 'subnet_mapping']],
    matches: { name: loadBalancerName },
    range: { idle_timeout: [1, 4000] },
    values: { load_balancer_type: ['application', 'network', 'gateway'] },
  },
  aws_lb_listener_rule: { range: { priority: [1, 50_000] } },
  aws_lb_target_group: {
    matches: { name: loadBalancerName },
    range: { deregistration_delay: [0, 3600] },
    values: {
      target_type: ['instance', 'ip', 'lambda', 'alb'],
      protocol: ['HTTP', 'HTTPS', 'TCP', 'TLS', 'UDP', 'TCP_UDP', 'GENEVE', 'QUIC', 'TCP_QUIC'],
    },
    checks: [healthCheck],
  },
  aws_route53_record: {
    requiredWith: { ttl: ['records'], records: ['ttl'] },
    exactlyOneOf: [['alias', 'records']],
  },
  aws_s3_bucket: { matches: { bucket: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/ } },
  aws_secretsmanager_secret: { checks: [recoveryWindow] },
  aws_security_group: { matches: { description: securityGroupText } },
  aws_vpc_security_group_egress_rule: securityGroupRule,
  aws_vpc_security_group_ingress_rule: securityGroupRule,
  aws_wafv2_web_acl: { matches: { name: /^[\w-]{1,128}$/ } },
};
