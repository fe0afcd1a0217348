/** A child process of `setup.mjs`: keeps the servers of one test run until its parent is gone. */
import { startServers } from './servers.ts';

// Ctrl-C reaches the whole process group; the parent's end is what counts.
process.on('SIGINT', () => {});

const starting = startServers();
const end = () =>
  void starting
    .then(({ stop }) => stop())
    .then(
      () => process.exit(0),
      () => process.exit(1),
    );
process.once('disconnect', end).once('SIGTERM', end);

const { env } = await starting;
if (process.connected) process.send?.(env);
