import {
  DescribeTasksCommand,
  type ECSClient,
  RunTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { DeploymentFailed, type Environment, type Wait } from './ecs.ts';

/** ECS may not know a task yet right after it started it. */
const maxLooksForNewTask = 6;

/** Runs the migration once and waits for its end. Any other exit code than 0 stops the deployment. */
export const migrate = async (
  ecs: ECSClient,
  environment: Environment,
  taskDefinition: string,
  wait: Wait,
) => {
  const arn = await startTask(ecs, environment, taskDefinition);
  for (let missing = 0; ;) {
    await wait();
    const { tasks } = await ecs.send(
      new DescribeTasksCommand({ cluster: environment.cluster, tasks: [arn] }),
    );
    const task = tasks?.[0];
    if (task?.lastStatus === 'STOPPED') return assertExited(task);
    missing = task ? 0 : missing + 1;
    if (missing > maxLooksForNewTask)
      throw new DeploymentFailed('The migration was started, but ECS does not know its task.');
  }
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
  // ECS answers 200 also where it started nothing.
  if (failures?.length)
    throw new DeploymentFailed(`The migration was not started: ${failures[0]?.reason}`);
  const arn = tasks?.[0]?.taskArn;
  if (!arn) throw new DeploymentFailed('The migration was not started, and ECS gave no reason.');
  return arn;
};

const assertExited = (task: Task) => {
  // A container that never ran has no exit code.
  const exitCode = task.containers?.[0]?.exitCode;
  if (exitCode === 0) return;
  throw new DeploymentFailed(
    `The migration ended with ${exitCode ?? 'no exit code'}: ${task.stoppedReason ?? 'no reason given'}. ` +
      `Its log group ends with "migrate". Read "A migration failed" in infra/docs/runbook.md.`,
  );
};
