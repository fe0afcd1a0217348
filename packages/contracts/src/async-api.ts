import { clientEvents, serverEvents } from './chat/events.ts';
import { ackFailure } from './errors.ts';
import { printer } from './json-schema.ts';
import type { ClientEvent, ServerEvent } from './operation.ts';
import { constant, object } from './schema.ts';

type Print = ReturnType<typeof printer>['print'];
type Part = { messages: Record<string, unknown>; operations: Record<string, unknown> };

const channel = { $ref: '#/channels/chat' };
const inChannel = (id: string) => ({ $ref: `#/channels/chat/messages/${id}` });

/** Prints the socket contract as AsyncAPI 3.0, in which the server's side receives and sends. */
export const asyncApi = () => {
  const { print, components } = printer('#/components/schemas/');
  const parts = [
    ...Object.entries(clientEvents).map(([name, event]) => printClientEvent(print, name, event)),
    ...Object.entries(serverEvents).map(([name, event]) => printServerEvent(print, name, event)),
  ];
  const messages = Object.assign({}, ...parts.map((part) => part.messages)) as Part['messages'];
  const operations: unknown = Object.assign({}, ...parts.map((part) => part.operations));

  return {
    asyncapi: '3.0.0',
    info: { title: 'Taar', version: '1', description: 'Socket.io events, namespace `/`.' },
    channels: {
      chat: {
        address: '/socket.io/',
        messages: Object.fromEntries(
          Object.keys(messages).map((id) => [id, { $ref: `#/components/messages/${id}` }]),
        ),
      },
    },
    operations,
    components: { messages, schemas: components },
  };
};

const compressedAck =
  'To a client whose handshake has `acceptGzip: true`, a long success is sent as ' +
  '`{ ok: true, gzip }`, where `gzip` is the JSON of `data`, compressed.';

const printClientEvent = (print: Print, name: string, event: ClientEvent): Part => {
  const { summary, input, output, compressible } = event;
  const success = output
    ? object({ ok: constant(true), data: output })
    : object({ ok: constant(true) });
  return {
    messages: {
      [`${name}.request`]: { name, summary, payload: print(input) },
      [`${name}.ack`]: {
        name: `ack of ${name}`,
        ...(compressible && { description: compressedAck }),
        payload: { anyOf: [print(success), print(ackFailure)] },
      },
    },
    operations: {
      [`receive ${name}`]: {
        action: 'receive',
        channel,
        summary,
        messages: [inChannel(`${name}.request`)],
        reply: { channel, messages: [inChannel(`${name}.ack`)] },
      },
    },
  };
};

const printServerEvent = (print: Print, name: string, event: ServerEvent): Part => {
  const { summary, payload, durable } = event;
  const extension = durable && { 'x-durable': true };
  return {
    messages: { [name]: { name, summary, ...extension, payload: print(payload) } },
    operations: {
      [`send ${name}`]: { action: 'send', channel, summary, messages: [inChannel(name)] },
    },
  };
};
