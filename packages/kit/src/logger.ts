import { config, createLogger as winstonLogger, format, transports } from 'winston';
import { currentContext } from './context.ts';

export type Fields = Record<string, unknown>;
export type Logger = {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
};

/** Writes JSON lines to standard output. Each line carries the context of its request. */
export const createLogger = (service: string, level: string): Logger => {
  const winston = winstonLogger({
    level,
    levels: config.npm.levels,
    exitOnError: false,
    format: format.json(),
    transports: [new transports.Console()],
  });
  const write =
    (severity: string) =>
    (message: string, fields: Fields = {}) => {
      winston.log({
        timestamp: new Date().toISOString(),
        service,
        ...currentContext(),
        ...(redact(fields) as Fields),
        level: severity,
        message: redactText(message),
      });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
};

const maxDepth = 5;

/** Removes secrets and personal data, which it finds by the name of a field and by their form. */
export const redact = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return redactText(value.slice(0, 8_192));
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth > maxDepth) return '[deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, redactField(key, inner, depth + 1)]),
  );
};

const redactError = (error: Error, depth: number) => ({
  name: error.name,
  message: redactText(error.message.slice(0, 2_000)),
  stack: redactText(error.stack ?? ''),
  ...('code' in error && { errorCode: error.code }),
  ...(error.cause !== undefined && { cause: redact(error.cause, depth + 1) }),
});

const secretNames =
  'authorization|cookie|password|secret|code|otp|pin|content|name|text|.*token|.*key|phone.*|' +
  'session_?info';
const secretKey = new RegExp(`^(${secretNames})$`, 'i');

const redactField = (key: string, value: unknown, depth: number) => {
  // The envelope of a metric line contains the names of metrics, by which CloudWatch finds them.
  if (key === '_aws') return value;
  return secretKey.test(key) ? '[redacted]' : redact(value, depth);
};

// Finds phone numbers, tokens and codes that were put into the text of a message by mistake.
const secretText: [RegExp, string][] = [
  [/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[token]'],
  [/\+\d{7,15}\b/g, '[phone]'],
  [/\b(code|otp)(\W{1,3})\d{6}\b/gi, '$1$2[code]'],
];

const redactText = (value: string) =>
  secretText.reduce((text, [pattern, instead]) => text.replace(pattern, instead), value);
