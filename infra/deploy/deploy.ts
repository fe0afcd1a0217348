import type { ECSClient } from '@aws-sdk/client-ecs';
import {
  DeploymentFailed,
  type Environment,
  type Wait,
  migrate,
  registerImage,
  rollOut,
  runningRevision,
} from './ecs.ts';

type Plan = {
  environment: Environment;
  /** The image of each service, by digest: what was tested is what runs. */
  images: Record<string, string>;
  /** Asks the environment, from outside, whether it works. */
  smoke: () => Promise<void>;
  wait: Wait;
  log: (line: string) => void;
};

const digest = /@sha256:[0-9a-f]{64}$/;

const assertImages = ({ services }: Environment, images: Plan['images']) => {
  for (const service of Object.keys(services))
    if (!digest.test(images[service] ?? ''))
      throw new DeploymentFailed(`The image of ${service} is not named by its digest.`);
};

/**
 * Migrates, rolls out, looks. The migration comes first and only adds, so that old tasks go on
 * working; whatever fails after it takes every service back to where it was.
 */
export const deploy = async (ecs: ECSClient, { environment, images, smoke, wait, log }: Plan) => {
  assertImages(environment, images);
  const { cluster, services, migrate_family } = environment;

  const migration = await registerImage(ecs, migrate_family, images['auth']!);
  const moves = await Promise.all(
    Object.entries(services).map(async ([service, family]) => ({
      service,
      before: await runningRevision(ecs, cluster, service),
      after: await registerImage(ecs, family, images[service]!),
    })),
  );

  log('Migrating');
  await migrate(ecs, environment, migration, wait);

  const roll = async (to: 'before' | 'after') => {
    const results = await Promise.allSettled(
      moves.map(async ({ service, [to]: revision }) => {
        // The platform may have taken it back by itself; moving to where it is would never end.
        if ((await runningRevision(ecs, cluster, service)) !== revision)
          await rollOut(ecs, cluster, service, revision, wait);
      }),
    );
    const failed = results.filter((result) => result.status === 'rejected');
    if (failed.length > 0)
      throw new DeploymentFailed(failed.map(({ reason }) => (reason as Error).message).join('; '));
  };

  try {
    log('Rolling out');
    await roll('after');
    log('Looking whether it works');
    await smoke();
  } catch (error) {
    log(`Rolling back: ${(error as Error).message}`);
    await roll('before');
    throw error;
  }
};
