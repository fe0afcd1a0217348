import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { eachPlatform, ofType, platforms } from './state.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const runbook = readFileSync(`${root}infra/docs/runbook.md`, 'utf8');

/** Details of metrics that have an alarm: `oldestDueJob` and `deadLetters`. */
const withoutAlarm = ['jobFailures', 'jobsDue'];

/** Names of the metrics that services and packages emit: `{ name: 'sockets', unit: 'Count' … }`. */
const emitted = () => {
  const files = ['services', 'packages'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /^[^/]+\/src\/.*\.ts$/.test(name))
      .map((name) => readFileSync(`${root}${folder}/${name}`, 'utf8')),
  );
  const names = files.flatMap((text) =>
    [...text.matchAll(/name: '(\w+)',\s*unit: '(?:Count|Milliseconds)'/g)].map(([, name]) => name!),
  );
  return [...new Set(names)].sort();
};

(platforms.length > 0 ? describe : describe.skip).each(eachPlatform)(
  'in %s',
  (_name, resources) => {
    const alarms = ofType(resources, 'aws_cloudwatch_metric_alarm');

    test('the description of every alarm names a section of the runbook', () => {
      expect(alarms.length).toBeGreaterThan(50);
      for (const alarm of alarms) {
        const [, section] = /Runbook: (.+)\.$/.exec(String(alarm['alarm_description'])) ?? [];
        expect(runbook).toContain(`### ${section}\n`);
      }
    });

    test('every alarm reports to a topic of its own region', () => {
      for (const { region, alarm_actions: actions } of alarms)
        for (const topic of actions as string[]) {
          const isGlobal = topic.includes('global');
          expect(isGlobal ? 'us-east-1' : region).toBe(region);
        }
    });

    test('every metric of the services is on the dashboard, in an alarm, or listed as neither', () => {
      const [dashboard] = ofType(resources, 'aws_cloudwatch_dashboard');
      const filters = ofType(resources, 'aws_cloudwatch_log_metric_filter');
      const policies = ofType(resources, 'aws_appautoscaling_policy');
      const used = JSON.stringify([dashboard!['dashboard_body'], filters, policies]);
      expect(emitted()).toContain('sendToDeviceAck');
      expect(emitted().filter((name) => !used.includes(name))).toEqual(withoutAlarm);
    });

    test('a scaling policy watches a metric that one busy Node.js process can reach', () => {
      for (const task of ofType(resources, 'aws_ecs_task_definition'))
        expect(Number(task['cpu'])).toBeLessThanOrEqual(1024);
    });

    test('no health check of a container starts Node.js, and a busy task has time to answer', () => {
      type Container = { healthCheck?: { command: string[]; timeout: number; retries: number } };
      const containers = ofType(resources, 'aws_ecs_task_definition').flatMap(
        (values) => JSON.parse(String(values['container_definitions'])) as Container[],
      );
      const checks = containers.flatMap(({ healthCheck }) => healthCheck ?? []);
      expect(checks).toHaveLength(5);
      for (const { command, timeout, retries } of checks) {
        expect(command).toEqual(['CMD', '/app/alive']);
        expect(timeout * retries).toBeGreaterThanOrEqual(50);
      }
    });

    test('logs of the database end after a stated time and hold no values of rows', () => {
      const [database] = ofType(resources, 'aws_db_instance');
      const groups = ofType(resources, 'aws_cloudwatch_log_group').map(({ name }) => name);
      for (const log of database!['enabled_cloudwatch_logs_exports'] as string[])
        expect(groups).toContain(`/aws/rds/instance/${String(database!['identifier'])}/${log}`);
      const [parameters] = ofType(resources, 'aws_db_parameter_group');
      expect(parameters!['parameter']).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: 'log_error_verbosity', value: 'terse' }),
          expect.objectContaining({ name: 'log_parameter_max_length', value: '0' }),
        ]),
      );
    });
  },
);
