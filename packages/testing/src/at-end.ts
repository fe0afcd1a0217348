import { afterAll } from '@jest/globals';

type Undo = () => unknown;
const undoing: Undo[] = [];

afterAll(async () => {
  for (let undo = undoing.pop(); undo; undo = undoing.pop()) await undo();
});

/** Undoes something after the file's last test; what was done last is undone first. */
export const atEnd = (undo: Undo) => {
  undoing.push(undo);
};
