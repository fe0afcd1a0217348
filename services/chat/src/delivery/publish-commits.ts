import type { Logger } from '@taar/kit/logger';
import type { Server } from 'socket.io';
import type { Commit } from '../core/commit.ts';

/** Tells this node and the others what was committed. Called after the commit, never before. */
export type PublishCommits = (commits: Commit[]) => void;

const event = 'commits';

/**
 * One message on the bus for everything that one transaction changed. A hint: when the bus is
 * down, other nodes' clients find the gap by themselves.
 */
export const createPublishCommits = (
  io: Server,
  deliver: (commit: Commit) => void,
  logger: Logger,
): PublishCommits => {
  io.on(event, (commits: Commit[]) => commits.forEach(deliver));
  return (commits) => {
    commits.forEach(deliver);
    try {
      io.serverSideEmit(event, commits);
    } catch (error) {
      logger.warn('a commit was not published', { error });
    }
  };
};
