import Joi from 'joi';

type Setting<T> = Joi.AnySchema & { readonly _value?: () => T };
type Settings = Record<string, Setting<unknown>>;
type Config<S extends Settings> = {
  [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/**
 * Reads the settings once, at the start. Reports all mistakes together, by name and never by value,
 * because a value may be a secret. An empty variable counts as missing.
 */
export const loadConfig = <S extends Settings>(
  settings: S,
  env: Record<string, string | undefined>,
): Config<S> => {
  const given = Object.fromEntries(
    Object.keys(settings).map((name) => [name, env[name] === '' ? undefined : env[name]]),
  );
  const { error, value } = Joi.object(settings).validate(given, { abortEarly: false });
  if (!error) return value as Config<S>;
  const mistakes = error.details.map(({ path, type }) =>
    type === 'any.required'
      ? `${path.join('.')} is missing`
      : `${path.join('.')} is not valid (${type})`,
  );
  throw new ConfigError(`The configuration is not valid: ${mistakes.join('; ')}`);
};

export class ConfigError extends Error {}

const required = <T>(schema: Joi.AnySchema): Setting<T> => schema.required();

export const text = () => required<string>(Joi.string());
/** Text that is too long to be guessed. */
export const secret = () => required<string>(Joi.string().min(32));
export const url = (...schemes: string[]) =>
  required<string>(Joi.string().uri({ scheme: schemes }));
export const whole = (min: number, max: number) =>
  required<number>(Joi.number().integer().min(min).max(max));
export const oneOf = <const T extends string>(...values: T[]) =>
  required<T>(Joi.string().valid(...values));
/** A comma-separated list. */
export const texts = () =>
  required<string[]>(
    Joi.string()
      .allow('')
      .custom((value: string) =>
        value
          .split(',')
          .map((item) => item.trim())
          .filter(Boolean),
      ),
  );
export const flag = () => required<boolean>(Joi.boolean());
export const withDefault = <T>(setting: Setting<T>, value: T): Setting<T> =>
  (setting as Joi.AnySchema).optional().default(value as never);
export const optional = <T>(setting: Setting<T>): Setting<T | undefined> => setting.optional();
