import type { ECSClient } from '@aws-sdk/client-ecs';
import {
  DeploymentFailed,
  type Environment,
  type Wait,
  registerImage,
  releaseOf,
  runningRevision,
} from './ecs.ts';
import { migrate } from './migrate.ts';
import { rollBack, startRollOut, waitForSuccess, waitForTraffic } from './roll-out.ts';

type Plan = {
  environment: Environment;
  /** Image of each service, by digest: the tested image is the one that runs. */
  images: Record<string, string>;
  commit: string;
  /** A rollback may deploy an older commit than the running one, and leaves the schema as it is. */
  isRollback: boolean;
  isAncestor: (older: string, newer: string) => Promise<boolean>;
  /** Checks the environment from outside. */
  smoke: () => Promise<void>;
  wait: Wait;
  log: (line: string) => void;
};

type Move = { service: string; before: string; after: string; canGoBack: boolean; since: Date };

/**
 * Migrates, rolls out and checks one environment. The migration comes first and only adds, so the
 * running tasks keep working. If anything fails after it, every service returns to its revision.
 */
export const deploy = async (ecs: ECSClient, plan: Plan) => {
  const { environment, images, commit, isRollback, smoke, wait, log } = plan;
  const { cluster, services, migrate_family } = environment;
  assertImages(environment, images);
  const running = await assertNewer(ecs, plan);

  const migration = await registerImage(ecs, migrate_family, images['auth']!, commit);
  const moves = await Promise.all(
    Object.entries(services).map(async ([service, family]): Promise<Move> => {
      const after = await registerImage(ecs, family, images[service]!, commit);
      const { revision: before, hasImage: canGoBack } = running[service]!;
      return { service, before, after, canGoBack, since: new Date() };
    }),
  );
  const each = (act: (move: Move, service: { cluster: string; name: string }) => Promise<void>) =>
    all(moves.map((move) => act(move, { cluster, name: move.service })));

  if (!isRollback) {
    log('Migrating');
    await migrate(ecs, environment, migration, wait);
  }

  const looks = { ecs, wait };
  try {
    log('Rolling out');
    await each(async (move, service) => {
      move.since = await startRollOut(ecs, service, move.after);
      await waitForTraffic(looks, service, move.since);
    });
    log('Checking the environment');
    await smoke();
    log('Waiting until all deployments have succeeded');
    await each((move, service) => waitForSuccess(looks, service, move.since));
  } catch (error) {
    log(`Rolling back: ${(error as Error).message}`);
    await each(async ({ before, canGoBack, since }, service) => {
      if (canGoBack) await rollBack(looks, service, before, since);
      else log(`${service.name} had no release before, so it stays.`);
    }).catch((second: Error) => log(`Rolling back failed: ${second.message}`));
    throw error;
  }
};

const digest = /@sha256:[0-9a-f]{64}$/;

const assertImages = ({ services }: Environment, images: Plan['images']) => {
  for (const service of Object.keys(services))
    if (!digest.test(images[service] ?? ''))
      throw new DeploymentFailed(`The image of ${service} is not named by its digest.`);
};

/** An approval can come after a newer release: an older commit then must not replace it. */
const assertNewer = async (
  ecs: ECSClient,
  { environment, commit, isRollback, isAncestor }: Plan,
) => {
  const running = await Promise.all(
    Object.keys(environment.services).map(async (service) => {
      const revision = await runningRevision(ecs, environment.cluster, service);
      return [service, { revision, ...(await releaseOf(ecs, revision)) }] as const;
    }),
  );
  for (const [service, release] of running) {
    if (isRollback || !release.commit || release.commit === commit) continue;
    if (await isAncestor(commit, release.commit))
      throw new DeploymentFailed(
        `${service} runs ${release.commit}, which is newer than ${commit}. Use the workflow Rollback.`,
      );
  }
  return Object.fromEntries(running);
};

/** Waits for all, also where one fails, so that no deployment is left unobserved. */
const all = async (attempts: Promise<void>[]) => {
  const results = await Promise.allSettled(attempts);
  const failed = results.filter((result) => result.status === 'rejected');
  if (failed.length > 0)
    throw new DeploymentFailed(failed.map(({ reason }) => (reason as Error).message).join('; '));
};
