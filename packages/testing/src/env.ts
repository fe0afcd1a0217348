/** A variable that the global setup has set. */
export const envOf = (name: string) => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the tests from the root.`);
  return value;
};
