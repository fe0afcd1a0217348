import { operation } from './operation.ts';
import { list, named, nullable, object, oneOf, text, uuid } from './schema.ts';

const hop = () => oneOf('queued', 'accepted_by_fcm', 'device_ack');

/** The way of one push to one device, hop by hop. */
export const pushReport = named(
  'PushReport',
  object({
    pushId: uuid(),
    hops: list(
      object({
        hop: hop(),
        state: oneOf('passed', 'waiting', 'failed', 'not_reached'),
        /** Why it failed, or what keeps it waiting. */
        error: nullable(text(255)),
      }),
    ),
    /** The first hop that it has not passed; null: the device has it. */
    stuckAt: nullable(hop()),
  }),
);

const onePush = object({ pushId: uuid() });

export const diagnosticsRest = {
  probePush: operation({
    method: 'post',
    path: '/users/me/diagnostics/push',
    summary:
      'Send this device a push and say where it got stuck; waits a few seconds for the device',
    auth: 'user',
    limit: 'probePush',
    input: object({}),
    output: pushReport,
  }),
  getProbe: operation({
    method: 'get',
    path: '/users/me/diagnostics/push/:pushId',
    summary: 'How far a push to this device has come meanwhile',
    auth: 'user',
    limit: 'read',
    input: onePush,
    output: pushReport,
    errors: ['gone'],
  }),
  ackPush: operation({
    method: 'post',
    path: '/users/me/diagnostics/push/:pushId/ack',
    summary: 'This device has got the push: the `pushId` of its data',
    auth: 'user',
    limit: 'receipts',
    input: onePush,
    output: null,
    errors: ['gone'],
  }),
};
