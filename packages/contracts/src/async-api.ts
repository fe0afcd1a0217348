import { clientEvents, serverEvents } from './chat/events.ts';
import { ackFailure } from './errors.ts';
import { printer } from './json-schema.ts';
import type { ServerEvent } from './operation.ts';
import { constant, object } from './schema.ts';

/** Prints the socket contract as AsyncAPI 3.0: `receive` is what the server receives. */
export const asyncApi = () => {
  const { print, components } = printer('#/components/schemas/');
  const messages: Record<string, unknown> = {};
  const operations: Record<string, unknown> = {};
  const channel = { $ref: '#/channels/chat' };
  const inChannel = (id: string) => ({ $ref: `#/channels/chat/messages/${id}` });

  for (const [name, { summary, input, output }] of Object.entries(clientEvents)) {
    messages[`${name}.request`] = { name, summary, payload: print(input) };
    const success = output
      ? object({ ok: constant(true), data: output })
      : object({ ok: constant(true) });
    messages[`${name}.ack`] = {
      name: `ack of ${name}`,
      payload: { anyOf: [print(success), print(ackFailure)] },
    };
    operations[`receive ${name}`] = {
      action: 'receive',
      channel,
      summary,
      messages: [inChannel(`${name}.request`)],
      reply: { channel, messages: [inChannel(`${name}.ack`)] },
    };
  }
  for (const [name, event] of Object.entries<ServerEvent>(serverEvents)) {
    const { summary, payload, durable } = event;
    const extension = durable && { 'x-durable': true };
    messages[name] = { name, summary, ...extension, payload: print(payload) };
    operations[`send ${name}`] = {
      action: 'send',
      channel,
      summary,
      messages: [inChannel(name)],
    };
  }

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
