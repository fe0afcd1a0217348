import { ECSClient } from '@aws-sdk/client-ecs';
import { type Handler, startFakeAws } from './fake-aws.ts';

const registered = { image: 'registry/old@sha256:0', dockerLabels: { 'taar.commit': 'old' } };

/** ECS as a deployment sees it: every family and service exists, and every request succeeds. */
export const startFakeEcs = async (overrides: Record<string, Handler> = {}) => {
  const running = new Map<unknown, unknown>();
  const defaults: Record<string, Handler> = {
    DescribeTaskDefinition: ({ taskDefinition }) => ({
      taskDefinition: {
        family: taskDefinition,
        taskDefinitionArn: `${String(taskDefinition)}:1`,
        revision: 1,
        containerDefinitions: [{ name: 'main', ...registered }],
      },
    }),
    RegisterTaskDefinition: ({ family }) => ({
      taskDefinition: { taskDefinitionArn: `${String(family)}:2` },
    }),
    RunTask: () => ({ tasks: [{ taskArn: 'task' }], failures: [] }),
    DescribeTasks: () => ({
      tasks: [{ lastStatus: 'STOPPED', containers: [{ exitCode: 0 }], stoppedReason: 'done' }],
    }),
    DescribeServices: ({ services }) => {
      const [service] = services as string[];
      // Older than the family's newest revision, as Terraform registers revisions too.
      const taskDefinition = running.get(service) ?? `taar-dev-${service}:0`;
      return { services: [{ taskDefinition }] };
    },
    UpdateService: ({ service, taskDefinition }) => {
      running.set(service, taskDefinition);
      return {};
    },
    ListServiceDeployments: ({ service }) => ({
      serviceDeployments: [{ serviceDeploymentArn: `deployment-of-${String(service)}` }],
    }),
    DescribeServiceDeployments: ({ serviceDeploymentArns }) => {
      const [serviceDeploymentArn] = serviceDeploymentArns as string[];
      return { serviceDeployments: [{ serviceDeploymentArn, status: 'SUCCESSFUL' }] };
    },
  };
  const fake = await startFakeAws({ ...defaults, ...overrides });
  return { calls: fake.calls, ecs: new ECSClient(fake.options), close: fake.close };
};
