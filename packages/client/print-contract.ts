import {
  type Api,
  apis,
  digestWeight,
  maxDeliveredChats,
  maxUnreadCount,
  protocolVersion,
  type ServerEventTable,
  serverEvents,
  syncSizes,
  takesBody,
} from '@taar/contracts';

/** Prints the part of the contract that the client needs, as a module without Joi. */
export const printContract = () => `// Printed from @taar/contracts by \`npm run generate\`.
export const protocolVersion = ${protocolVersion};
export const digestWeight = ${digestWeight};
export const maxUnreadCount = ${maxUnreadCount};
export const maxDeliveredChats = ${maxDeliveredChats};
export const syncSizes = ${JSON.stringify(syncSizes)};

export const durableEvents = [
${durableEvents().join('\n')}
] as const;

/** Operations with JSON in and out. */
export const operations = {
${operations().join('\n')}
} as const;
`;

const durableEvents = () =>
  Object.entries(serverEvents as ServerEventTable).flatMap(([name, { durable }]) =>
    durable ? [`  '${name}',`] : [],
  );

const operations = () =>
  Object.values<Api>(apis)
    .flatMap((api) => Object.entries(api))
    .filter(([, operation]) => !operation.raw)
    .map(([name, operation]) => {
      const { method, path } = operation;
      const hasBody = takesBody(operation);
      return `  ${name}: { method: '${method}', path: '${path}', hasBody: ${hasBody} },`;
    });
