import { afterEach, describe, expect, test } from '@jest/globals';
import { deploy } from '../deploy/deploy.ts';
import type { Handler } from './fake-aws.ts';
import { startFakeEcs } from './fake-ecs.ts';

const names = ['auth', 'chat', 'user', 'media', 'status'];
const environment = {
  cluster: 'taar-dev',
  services: Object.fromEntries(names.map((name) => [name, `taar-dev-${name}`])),
  migrate_family: 'taar-dev-migrate',
  subnet_ids: ['subnet-1'],
  security_group_id: 'sg-1',
};
const images = Object.fromEntries(
  names.map((name) => [name, `registry/${name}@sha256:${'a'.repeat(64)}`]),
);

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Overrides = Record<string, Handler>;
type Plan = Partial<Parameters<typeof deploy>[1]>;

const attempt = async (overrides: Overrides = {}, plan: Plan = {}) => {
  const fake = await startFakeEcs(overrides);
  closing.push(fake.close);
  const lines: string[] = [];
  const outcome = await deploy(fake.ecs, {
    environment,
    images,
    commit: 'new',
    isRollback: false,
    isAncestor: async () => false,
    smoke: async () => {},
    wait: async () => {},
    log: (line) => lines.push(line),
    ...plan,
  }).then(
    () => 'deployed',
    (error: Error) => error.message,
  );
  const inputs = (operation: string) =>
    fake.calls.filter((call) => call.operation === operation).map(({ input }) => input);
  return {
    outcome,
    lines,
    inputs,
    updates: inputs('UpdateService').map(({ taskDefinition }) => String(taskDefinition)),
    operations: fake.calls.map(({ operation }) => operation),
  };
};

const everyService = (revision: number) =>
  names.map((name) => `taar-dev-${name}:${revision}`).sort();
const failing: Plan = { smoke: () => Promise.reject(new Error('/chats answered 502')) };

describe('a deployment', () => {
  test('registers images by digest with their commit, migrates, and moves every service', async () => {
    const { outcome, updates, inputs, operations } = await attempt();
    expect(outcome).toBe('deployed');
    expect(updates.sort()).toEqual(everyService(2));
    expect(inputs('RegisterTaskDefinition')).toHaveLength(6);
    for (const { containerDefinitions } of inputs('RegisterTaskDefinition')) {
      expect(JSON.stringify(containerDefinitions)).toMatch(/@sha256:a{64}/);
      expect(containerDefinitions).toMatchObject([{ dockerLabels: { 'taar.commit': 'new' } }]);
    }
    expect(operations.indexOf('DescribeTasks')).toBeLessThan(operations.indexOf('UpdateService'));
  });

  test('checks the environment while blue/green deployments can still go back at once', async () => {
    let isChecked = false;
    const stages: unknown[] = [];
    const { outcome } = await attempt(
      {
        DescribeServiceDeployments: () => {
          stages.push(isChecked ? 'SUCCESSFUL' : 'BAKE_TIME');
          const bake = { status: 'IN_PROGRESS', lifecycleStage: 'BAKE_TIME' };
          return { serviceDeployments: [isChecked ? { status: 'SUCCESSFUL' } : bake] };
        },
      },
      { smoke: async () => void (isChecked = true) },
    );
    expect(outcome).toBe('deployed');
    expect(stages.filter((stage) => stage === 'BAKE_TIME')).toHaveLength(5);
    expect(stages.filter((stage) => stage === 'SUCCESSFUL')).toHaveLength(5);
  });

  test('waits for deployments that are still under way', async () => {
    const statuses = ['PENDING', 'IN_PROGRESS', 'SUCCESSFUL'];
    let looks = 0;
    const { outcome } = await attempt({
      DescribeServiceDeployments: () => ({
        serviceDeployments: [{ status: statuses[Math.min(looks++ / 5, 2) | 0] }],
      }),
    });
    expect(outcome).toBe('deployed');
    expect(looks).toBeGreaterThan(10);
  });

  test('of an image that is named by a tag is refused before anything happens', async () => {
    const tagged = { ...images, chat: 'registry/chat:main' };
    const { outcome, operations } = await attempt({}, { images: tagged });
    expect(outcome).toMatch(/chat is not named by its digest/);
    expect(operations).toEqual([]);
  });

  test('of an older commit than the running one is refused, unless it is a rollback', async () => {
    const isAncestor = async (older: string, newer: string) => older === 'new' && newer === 'old';
    const refused = await attempt({}, { isAncestor });
    expect(refused.outcome).toMatch(
      /runs old, which is newer than new\. Use the workflow Rollback/,
    );
    expect(refused.operations).not.toContain('RegisterTaskDefinition');

    const allowed = await attempt({}, { isAncestor, isRollback: true });
    expect(allowed.outcome).toBe('deployed');
    expect(allowed.operations).not.toContain('RunTask');
  });
});

describe('a migration', () => {
  const stopped = (container: object, reason?: string): Overrides => ({
    DescribeTasks: () => ({
      tasks: [{ lastStatus: 'STOPPED', containers: [container], stoppedReason: reason }],
    }),
  });

  test.each<[string, Overrides, RegExp]>([
    ['exits with 1', stopped({ exitCode: 1 }), /ended with 1/],
    ['never starts', stopped({}, 'CannotPullContainer'), /no exit code: CannotPull/],
    [
      'is refused with status 200',
      { RunTask: () => ({ tasks: [], failures: [{ reason: 'RESOURCE:ENI' }] }) },
      /RESOURCE:ENI/,
    ],
    ['vanishes', { DescribeTasks: () => ({ tasks: [] }) }, /ECS does not know its task/],
  ])('that %s moves no service', async (_what, overrides, message) => {
    const { outcome, updates } = await attempt(overrides);
    expect(outcome).toMatch(message);
    expect(updates).toEqual([]);
  });

  test('that ECS does not know right after the start is waited for', async () => {
    let looks = 0;
    const done = { lastStatus: 'STOPPED', containers: [{ exitCode: 0 }] };
    const { outcome } = await attempt({
      DescribeTasks: () => ({ tasks: looks++ < 3 ? [] : [done] }),
    });
    expect(outcome).toBe('deployed');
  });
});

describe('a failed deployment', () => {
  test.each(['ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED', 'STOPPED'])(
    'that ECS ends with %s takes the other services back',
    async (status) => {
      let failures = 1;
      const { outcome, updates } = await attempt({
        DescribeServiceDeployments: ({ serviceDeploymentArns }) => {
          const isChat = String(serviceDeploymentArns).includes('chat') && failures-- > 0;
          return {
            serviceDeployments: [
              isChat ? { status, statusReason: 'alarm' } : { status: 'SUCCESSFUL' },
            ],
          };
        },
      });
      expect(outcome).toMatch(new RegExp(`chat: ${status}, alarm`));
      expect(updates.slice(5).sort()).toEqual(everyService(0));
    },
  );

  test('does not move a service that ECS has rolled back already', async () => {
    let hasFailed = false;
    const { outcome, updates } = await attempt({
      DescribeServiceDeployments: ({ serviceDeploymentArns }) => {
        const isChat = String(serviceDeploymentArns).includes('chat');
        hasFailed ||= isChat;
        return { serviceDeployments: [{ status: isChat ? 'ROLLBACK_SUCCESSFUL' : 'SUCCESSFUL' }] };
      },
      DescribeServices: ({ services }) => {
        const [name] = services as string[];
        const revision = hasFailed && name !== 'chat' ? 2 : 0;
        return { services: [{ taskDefinition: `taar-dev-${name}:${revision}` }] };
      },
    });
    expect(outcome).toMatch(/chat: ROLLBACK_SUCCESSFUL/);
    const expected = everyService(0).filter((revision) => !revision.includes('chat'));
    expect(updates.slice(5).sort()).toEqual(expected);
  });

  test('of an environment that fails the check is taken back', async () => {
    const { outcome, updates } = await attempt({}, failing);
    expect(outcome).toBe('/chats answered 502');
    expect(updates.slice(5).sort()).toEqual(everyService(0));
  });

  test('is stopped rather than followed by another while it bakes', async () => {
    const stopped = new Set<string>();
    const moved = new Set<string>();
    const { outcome, updates, inputs } = await attempt(
      {
        DescribeServiceDeployments: ({ serviceDeploymentArns }) => {
          const [serviceDeploymentArn] = serviceDeploymentArns as [string];
          const bake = { status: 'IN_PROGRESS', lifecycleStage: 'BAKE_TIME' };
          const state = stopped.has(serviceDeploymentArn)
            ? { status: 'ROLLBACK_SUCCESSFUL' }
            : bake;
          return { serviceDeployments: [{ serviceDeploymentArn, ...state }] };
        },
        StopServiceDeployment: ({ serviceDeploymentArn }) => {
          stopped.add(String(serviceDeploymentArn));
          return {};
        },
        UpdateService: ({ service }) => {
          moved.add(String(service));
          return {};
        },
        DescribeServices: ({ services }) => {
          const [name] = services as [string];
          const isNew = moved.has(name) && !stopped.has(`deployment-of-${name}`);
          return { services: [{ taskDefinition: `taar-dev-${name}:${isNew ? 2 : 0}` }] };
        },
      },
      failing,
    );
    expect(outcome).toBe('/chats answered 502');
    expect(inputs('StopServiceDeployment')).toHaveLength(5);
    expect(updates).toHaveLength(5);
  });

  test('of the first release leaves its tasks, as there is no image to go back to', async () => {
    const { outcome, updates, lines } = await attempt(
      {
        DescribeTaskDefinition: ({ taskDefinition }) => ({
          taskDefinition: {
            family: taskDefinition,
            containerDefinitions: [{ name: 'main', image: 'registry/chat:none' }],
          },
        }),
      },
      failing,
    );
    expect(outcome).toBe('/chats answered 502');
    expect(updates).toHaveLength(5);
    expect(lines).toContain('chat had no release before, so it stays.');
  });

  test('reports why it failed, also where the way back fails too', async () => {
    let updates = 0;
    const { outcome, lines } = await attempt(
      {
        UpdateService: () => {
          if (updates++ >= 5) throw new Error('gone');
          return {};
        },
        DescribeServices: () => ({
          services: [{ taskDefinition: `taar-dev-x:${updates > 0 ? 2 : 0}` }],
        }),
      },
      failing,
    );
    expect(outcome).toBe('/chats answered 502');
    expect(lines.at(-1)).toMatch(/^Rolling back failed: /);
  });
});
