import { afterEach, describe, expect, test } from '@jest/globals';
import { deploy } from '../deploy/deploy.ts';
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

const attempt = async (
  overrides: Parameters<typeof startFakeEcs>[0] = {},
  plan: { images?: Record<string, string>; smoke?: () => Promise<void> } = {},
) => {
  const fake = await startFakeEcs(overrides);
  closing.push(fake.close);
  const outcome = await deploy(fake.ecs, {
    environment,
    images,
    smoke: async () => {},
    wait: async () => {},
    log: () => {},
    ...plan,
  }).then(
    () => 'deployed',
    (error: Error) => error.message,
  );
  const updates = fake.calls.filter(({ operation }) => operation === 'UpdateService');
  return {
    outcome,
    updates: updates.map(({ input }) => input['taskDefinition']),
    calls: fake.calls,
  };
};

const everyService = (revision: number) =>
  names.map((name) => `taar-dev-${name}:${revision}`).sort();

describe('a deployment', () => {
  test('registers the images by digest, migrates, and moves every service', async () => {
    const { outcome, updates, calls } = await attempt();

    expect(outcome).toBe('deployed');
    expect([...updates].sort()).toEqual(everyService(2));
    const registered = calls.filter(({ operation }) => operation === 'RegisterTaskDefinition');
    expect(registered).toHaveLength(6);
    for (const { input } of registered)
      expect(JSON.stringify(input['containerDefinitions'])).toMatch(/@sha256:a{64}/);
    const order = calls.map(({ operation }) => operation);
    expect(order.indexOf('DescribeTasks')).toBeLessThan(order.indexOf('UpdateService'));
  });

  test.each([
    [
      'exits with 1',
      {
        DescribeTasks: () => ({
          tasks: [{ lastStatus: 'STOPPED', containers: [{ exitCode: 1 }] }],
        }),
      },
      /ended with 1/,
    ],
    [
      'never started',
      {
        DescribeTasks: () => ({
          tasks: [
            { lastStatus: 'STOPPED', containers: [{}], stoppedReason: 'CannotPullContainer' },
          ],
        }),
      },
      /no exit code: CannotPull/,
    ],
    [
      'was refused with status 200',
      { RunTask: () => ({ tasks: [], failures: [{ reason: 'RESOURCE:ENI' }] }) },
      /RESOURCE:ENI/,
    ],
    ['vanished', { DescribeTasks: () => ({ tasks: [] }) }, /nowhere/],
  ])('stops where the migration %s, and moves no service', async (_what, overrides, message) => {
    const { outcome, updates } = await attempt(overrides);
    expect(outcome).toMatch(message);
    expect(updates).toEqual([]);
  });

  test.each(['ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED', 'STOPPED'])(
    'that the platform ends with %s fails, and takes the others back',
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
      expect(updates.slice(5).map(String).sort()).toEqual(everyService(0));
    },
  );

  test('leaves alone what the platform has taken back by itself', async () => {
    let took = false;
    const { outcome, updates } = await attempt({
      DescribeServiceDeployments: ({ serviceDeploymentArns }) => {
        took ||= String(serviceDeploymentArns).includes('chat');
        const status = String(serviceDeploymentArns).includes('chat')
          ? 'ROLLBACK_SUCCESSFUL'
          : 'SUCCESSFUL';
        return { serviceDeployments: [{ status }] };
      },
      DescribeServices: ({ services }) => {
        const [name] = services as string[];
        return {
          services: [{ taskDefinition: `taar-dev-${name}:${took && name !== 'chat' ? 2 : 0}` }],
        };
      },
    });
    expect(outcome).toMatch(/chat: ROLLBACK_SUCCESSFUL/);
    const back = updates.slice(5).map(String).sort();
    expect(back).toEqual(everyService(0).filter((revision) => !revision.includes('chat')));
  });

  test('waits for what is still under way', async () => {
    const statuses = ['PENDING', 'IN_PROGRESS', 'SUCCESSFUL'];
    let asked = 0;
    const { outcome } = await attempt({
      DescribeServiceDeployments: () => ({
        serviceDeployments: [{ status: statuses[Math.min(asked++ / 5, 2) | 0] }],
      }),
    });
    expect(outcome).toBe('deployed');
    expect(asked).toBeGreaterThan(10);
  });

  test('that does not work from outside is taken back', async () => {
    const { outcome, updates } = await attempt(
      {},
      { smoke: () => Promise.reject(new Error('/chats answered 502')) },
    );
    expect(outcome).toBe('/chats answered 502');
    expect(updates.slice(5).map(String).sort()).toEqual(everyService(0));
  });

  test('of an image that is only tagged is refused before anything happens', async () => {
    const { outcome, calls } = await attempt(
      {},
      { images: { ...images, chat: 'registry/chat:main' } },
    );
    expect(outcome).toMatch(/chat is not named by its digest/);
    expect(calls).toEqual([]);
  });
});
