/** The child process of `setup.mjs`: runs the servers of a test run until its parent has ended. */
import { startServers } from './servers.ts';

// Ctrl-C reaches the whole process group; this process ends with its parent.
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
