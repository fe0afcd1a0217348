import type { Logger } from '@taar/kit/logger';
import type { Server } from 'socket.io';
import type { Commit, PublishCommits } from '../core/commit.ts';

const busEvent = 'commits';

type Deliver = (commit: Commit) => void;

/**
 * The bus between nodes: one message on it for everything that one transaction changed, delivered
 * here at once. A message may be lost with Redis; clients of other nodes then find the gap.
 */
export const createPublishCommits = (
  io: Server,
  deliveries: Deliver[],
  logger: Logger,
): PublishCommits => {
  const deliver = (commits: Commit[]) => {
    for (const commit of commits) for (const receive of deliveries) receive(commit);
  };
  io.on(busEvent, deliver);
  return (commits) => {
    deliver(commits);
    try {
      io.serverSideEmit(busEvent, commits);
    } catch (error) {
      logger.warn('commits could not be published', { error });
    }
  };
};
