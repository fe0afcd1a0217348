import {
  type ECSClient,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListServiceDeploymentsCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type Task,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';

/** What Terraform says of an environment: the output `deployment`. */
export type Environment = {
  cluster: string;
  /** Service to family of its task definition. */
  services: Record<string, string>;
  migrate_family: string;
  subnet_ids: string[];
  security_group_id: string;
};

/** A deployment that must not go on; its message is for whoever reads the job's log. */
export class DeploymentFailed extends Error {}

export type Wait = () => Promise<void>;

/** Registers the family's newest revision again with another image, and returns what that made. */
export const registerImage = async (ecs: ECSClient, family: string, image: string) => {
  const { taskDefinition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: family }),
  );
  if (!taskDefinition) throw new DeploymentFailed(`There is no task definition ${family}.`);
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    status: _status,
    requiresAttributes: _requires,
    compatibilities: _compatibilities,
    registeredAt: _at,
    registeredBy: _by,
    deregisteredAt: _gone,
    ...definition
  } = taskDefinition;
  const registered = await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...definition,
      family,
      containerDefinitions: definition.containerDefinitions?.map((container) => ({
        ...container,
        image,
      })),
    }),
  );
  const arn = registered.taskDefinition?.taskDefinitionArn;
  if (!arn) throw new DeploymentFailed(`${family} could not be registered.`);
  return arn;
};

/** What a service runs: not always the newest revision, as Terraform registers revisions too. */
export const runningRevision = async (ecs: ECSClient, cluster: string, service: string) => {
  const { services } = await ecs.send(
    new DescribeServicesCommand({ cluster, services: [service] }),
  );
  const arn = services?.[0]?.taskDefinition;
  if (!arn) throw new DeploymentFailed(`There is no service ${service}.`);
  return arn;
};

const startTask = async (ecs: ECSClient, environment: Environment, taskDefinition: string) => {
  const { tasks, failures } = await ecs.send(
    new RunTaskCommand({
      cluster: environment.cluster,
      taskDefinition,
      launchType: 'FARGATE',
      count: 1,
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: environment.subnet_ids,
          securityGroups: [environment.security_group_id],
        },
      },
    }),
  );
  // The call answers 200 although nothing was started.
  if (failures?.length)
    throw new DeploymentFailed(`The task was not started: ${failures[0]?.reason}`);
  const arn = tasks?.[0]?.taskArn;
  if (!arn) throw new DeploymentFailed('The task was not started, and nothing says why.');
  return arn;
};

const assertExited = (task: Task) => {
  const exitCode = task.containers?.[0]?.exitCode;
  // A container that never ran has no exit code at all.
  if (exitCode === 0) return;
  throw new DeploymentFailed(
    `The migration ended with ${exitCode ?? 'no exit code'}: ${task.stoppedReason ?? 'no reason given'}`,
  );
};

/** Runs the migration once and waits for its end; anything but exit code 0 stops the deployment. */
export const migrate = async (
  ecs: ECSClient,
  environment: Environment,
  taskDefinition: string,
  wait: Wait,
) => {
  const task = await startTask(ecs, environment, taskDefinition);
  for (;;) {
    const { tasks } = await ecs.send(
      new DescribeTasksCommand({ cluster: environment.cluster, tasks: [task] }),
    );
    const found = tasks?.[0];
    if (!found) throw new DeploymentFailed('The migration is nowhere to be found.');
    if (found.lastStatus === 'STOPPED') return assertExited(found);
    await wait();
  }
};

const newestDeployment = async (ecs: ECSClient, cluster: string, service: string, since: Date) => {
  const { serviceDeployments } = await ecs.send(
    new ListServiceDeploymentsCommand({ cluster, service, createdAt: { after: since } }),
  );
  const newest = serviceDeployments?.toSorted(
    (one, other) => Number(other.createdAt) - Number(one.createdAt),
  )[0];
  const arn = newest?.serviceDeploymentArn;
  if (!arn) return undefined;
  const described = await ecs.send(
    new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }),
  );
  return described.serviceDeployments?.[0];
};

/**
 * Moves a service to a task definition and waits until it runs. A deployment that the circuit
 * breaker or an alarm rolled back is a failure, though the service is healthy again.
 */
export const rollOut = async (
  ecs: ECSClient,
  cluster: string,
  service: string,
  taskDefinition: string,
  wait: Wait,
) => {
  const since = new Date(Date.now() - 5_000);
  await ecs.send(new UpdateServiceCommand({ cluster, service, taskDefinition }));
  for (;;) {
    const deployment = await newestDeployment(ecs, cluster, service, since);
    const status = deployment?.status;
    if (status === 'SUCCESSFUL') return;
    if (status && /^(STOPPED|ROLLBACK_SUCCESSFUL|ROLLBACK_FAILED)$/.test(status))
      throw new DeploymentFailed(
        `${service}: ${status}, ${deployment.statusReason ?? 'no reason given'}`,
      );
    await wait();
  }
};
