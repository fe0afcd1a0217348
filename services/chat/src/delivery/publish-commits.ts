import type { Logger } from '@taar/kit/logger';
import type { Server } from 'socket.io';
import type { Commit, PublishCommits } from '../core/commit.ts';

const busEvent = 'commits';

type Deliver = (commit: Commit) => void;

/**
 * Publishes the changes of each transaction to the other nodes as one message, and delivers them
 * here at once. Redis can lose a message; then the clients of other nodes find the gap.
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
      logger.warn('Commits could not be published; clients of other nodes will sync.', { error });
    }
  };
};
