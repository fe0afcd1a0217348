import {
  type ECSClient,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';

/** Terraform's output `deployment`. */
export type Environment = {
  cluster: string;
  /** Family of each service's task definition. */
  services: Record<string, string>;
  migrate_family: string;
  subnet_ids: string[];
  security_group_id: string;
};

/** A deployment that must not go on. Its message is written to the job's log. */
export class DeploymentFailed extends Error {}

/** Pauses between two looks at a deployment. */
export type Wait = () => Promise<void>;

/** Label of a container that names the commit which its image was built from. */
const commitLabel = 'taar.commit';

/** Registers the newest revision of a family again, with another image. Returns the new revision. */
export const registerImage = async (
  ecs: ECSClient,
  family: string,
  image: string,
  commit: string,
) => {
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    status: _status,
    requiresAttributes: _requires,
    compatibilities: _compatibilities,
    registeredAt: _registeredAt,
    registeredBy: _registeredBy,
    deregisteredAt: _deregisteredAt,
    ...definition
  } = await describe(ecs, family);
  const registered = await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...definition,
      family,
      containerDefinitions: definition.containerDefinitions?.map((container) => ({
        ...container,
        image,
        dockerLabels: { ...container.dockerLabels, [commitLabel]: commit },
      })),
    }),
  );
  const arn = registered.taskDefinition?.taskDefinitionArn;
  if (!arn) throw new DeploymentFailed(`${family} could not be registered.`);
  return arn;
};

/** The revision that a service runs. Terraform registers revisions too, so it may not be the newest. */
export const runningRevision = async (ecs: ECSClient, cluster: string, service: string) => {
  const { services } = await ecs.send(
    new DescribeServicesCommand({ cluster, services: [service] }),
  );
  const arn = services?.[0]?.taskDefinition;
  if (!arn) throw new DeploymentFailed(`There is no service ${service}.`);
  return arn;
};

/** Image and commit of a revision. A revision that Terraform registered first names no real image. */
export const releaseOf = async (ecs: ECSClient, revision: string) => {
  const { containerDefinitions } = await describe(ecs, revision);
  const [container] = containerDefinitions ?? [];
  return {
    hasImage: !container?.image?.endsWith(':none'),
    commit: container?.dockerLabels?.[commitLabel],
  };
};

const describe = async (ecs: ECSClient, family: string): Promise<TaskDefinition> => {
  const { taskDefinition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: family }),
  );
  if (!taskDefinition) throw new DeploymentFailed(`There is no task definition ${family}.`);
  return taskDefinition;
};
