import {
  DescribeServiceDeploymentsCommand,
  type ECSClient,
  ListServiceDeploymentsCommand,
  type ServiceDeployment,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { DeploymentFailed, type Wait, runningRevision } from './ecs.ts';

export type Service = { cluster: string; name: string };
type Looks = { ecs: ECSClient; wait: Wait };

/** Statuses that a deployment keeps. */
const ended = new Set(['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED']);
/** Stages of a blue/green deployment in which the new tasks answer all requests. */
const carriesTraffic = new Set(['BAKE_TIME', 'CLEAN_UP']);

/** Moves a service to a revision. Returns the time from which on its deployment is found. */
export const startRollOut = async (
  ecs: ECSClient,
  { cluster, name }: Service,
  revision: string,
) => {
  const since = new Date(Date.now() - 5_000);
  await ecs.send(new UpdateServiceCommand({ cluster, service: name, taskDefinition: revision }));
  return since;
};

/** Waits until the new tasks of a service answer its requests. */
export const waitForTraffic = (looks: Looks, service: Service, since: Date) =>
  waitUntil(
    looks,
    service,
    since,
    ({ status, lifecycleStage: stage }) =>
      status === 'SUCCESSFUL' || carriesTraffic.has(stage ?? ''),
  );

/** Waits until a service's deployment has succeeded. */
export const waitForSuccess = (looks: Looks, service: Service, since: Date) =>
  waitUntil(looks, service, since, ({ status }) => status === 'SUCCESSFUL');

/** Returns a service to the revision before: at once while its deployment runs, else by another. */
export const rollBack = async (looks: Looks, service: Service, before: string, since: Date) => {
  const { ecs, wait } = looks;
  const deployment = await newestDeployment(ecs, service, since);
  if (deployment && !ended.has(deployment.status ?? '')) {
    const stopped = { serviceDeploymentArn: deployment.serviceDeploymentArn };
    await ecs.send(new StopServiceDeploymentCommand({ ...stopped, stopType: 'ROLLBACK' }));
    for (;;) {
      const { status } = (await newestDeployment(ecs, service, since)) ?? {};
      if (ended.has(status ?? '')) break;
      await wait();
    }
  }
  // A deployment that ECS rolled back has moved the service already; another one would never end.
  if ((await runningRevision(ecs, service.cluster, service.name)) === before) return;
  await waitForSuccess(looks, service, await startRollOut(ecs, service, before));
};

/** A deployment that the circuit breaker or an alarm rolled back is a failure of the release. */
const waitUntil = async (
  { ecs, wait }: Looks,
  service: Service,
  since: Date,
  isReached: (deployment: ServiceDeployment) => boolean,
) => {
  for (;;) {
    const deployment = await newestDeployment(ecs, service, since);
    if (deployment && isReached(deployment)) return;
    if (deployment && ended.has(deployment.status ?? ''))
      throw new DeploymentFailed(
        `${service.name}: ${deployment.status}, ${deployment.statusReason ?? 'no reason given'}`,
      );
    await wait();
  }
};

const newestDeployment = async (ecs: ECSClient, { cluster, name }: Service, since: Date) => {
  const { serviceDeployments } = await ecs.send(
    new ListServiceDeploymentsCommand({ cluster, service: name, createdAt: { after: since } }),
  );
  const newest = serviceDeployments?.toSorted(
    (left, right) => Number(right.createdAt) - Number(left.createdAt),
  )[0];
  const arn = newest?.serviceDeploymentArn;
  if (!arn) return undefined;
  const described = await ecs.send(
    new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }),
  );
  return described.serviceDeployments?.[0];
};
