/** The child process of `startPart`: runs one part until SIGTERM or until its parent has ended. */
import { parts, type PartName } from './parts.ts';

export type PartReport = { url: string } | { error: string };

const report = (message: PartReport) => process.send?.(message);

const run = async (name: PartName, options: unknown) => {
  const part = await parts[name](options as never);
  process.off('disconnect', exit);
  const end = () => void part.close().finally(exit);
  process.once('SIGTERM', end).once('disconnect', end);
  report({ url: part.url });
};

const exit = () => process.exit();

// Ctrl-C reaches the whole process group; the parent stops its parts in order.
process.on('SIGINT', () => {});
process.once('disconnect', exit);
process.once('message', ({ name, options }: { name: PartName; options: unknown }) => {
  run(name, options).catch((error: Error) => {
    report({ error: error.message });
    process.exitCode = 1;
    process.disconnect();
  });
});
