import { afterAll } from '@jest/globals';

type Undo = () => unknown;
const undoing: Undo[] = [];

afterAll(async () => {
  for (let undo = undoing.pop(); undo; undo = undoing.pop()) await undo();
});

/** Calls `undo` after the file's last test, in the reverse order of registration. */
export const atEnd = (undo: Undo) => {
  undoing.push(undo);
};
