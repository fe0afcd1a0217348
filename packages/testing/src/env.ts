/** Reads a variable that the global setup has set. */
export const envOf = (name: string) => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the tests from the root.`);
  return value;
};

/** Sets a variable for the rest of this test file, or removes it. */
export const setEnv = (name: string, value: string | undefined) => {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
};
