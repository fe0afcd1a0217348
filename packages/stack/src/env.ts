/** Environment variables. */
export type Env = Record<string, string | undefined>;
