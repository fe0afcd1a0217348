import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ECSClient } from '@aws-sdk/client-ecs';

type Handler = (input: Record<string, unknown>) => unknown;
export type Call = { operation: string; input: Record<string, unknown> };

/** ECS as far as a deployment sees it: every family and service exists, and does as it is told. */
export const startFakeEcs = async (overrides: Record<string, Handler> = {}) => {
  const calls: Call[] = [];
  const running = new Map<unknown, unknown>();
  const defaults: Record<string, Handler> = {
    DescribeTaskDefinition: ({ taskDefinition }) => ({
      taskDefinition: {
        family: taskDefinition,
        taskDefinitionArn: `${String(taskDefinition)}:1`,
        revision: 1,
        containerDefinitions: [{ name: 'main', image: 'old' }],
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
      // Not the family's newest: Terraform has registered another since.
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
    DescribeServiceDeployments: () => ({ serviceDeployments: [{ status: 'SUCCESSFUL' }] }),
  };

  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const operation = String(req.headers['x-amz-target']).split('.')[1]!;
      const input = JSON.parse(Buffer.concat(chunks).toString()) as Call['input'];
      calls.push({ operation, input });
      const answer = (overrides[operation] ?? defaults[operation]!)(input);
      res.setHeader('Content-Type', 'application/x-amz-json-1.1');
      res.end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    calls,
    ecs: new ECSClient({
      region: 'eu-central-1',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
