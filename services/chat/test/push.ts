import { randomUUID } from 'node:crypto';
import { chatRest } from '@taar/contracts';
import { startTestFcm } from '@taar/testing/fcm';
import type { Person } from '@taar/testing/people';
import { until } from './devices.ts';
import { startChat } from './start.ts';

/** A node whose pushes go to an FCM on loopback, and in a hurry. */
export const startPushing = async (overrides: Record<string, string> = {}) => {
  const [fcm, chat] = await Promise.all([startTestFcm(), startChat()]);
  const { admin } = chat;
  const settings = {
    FCM_LOCAL_URL: fcm.url,
    FIREBASE_PROJECT: 'demo-taar',
    PUSH_LATER_MS: '600',
    PUSH_RETRY_MS: '20',
    PUSH_POLL_MS: '50',
    ...overrides,
  };
  const node = await chat.startNode(settings);

  return {
    ...chat,
    fcm,
    node,
    settings,
    /** Registers the person's device for pushes; answers its token. */
    register: async (person: Person, platform = 'android', fields = {}) => {
      const { id } = await person.session();
      const pushToken = fcm.token();
      await admin.session.update({ where: { id }, data: { pushToken, platform, ...fields } });
      return pushToken;
    },
    send: async (person: Person, chatId: string, content = 'Kemon aso?', more = {}) => {
      const message = { chatId, clientMessageId: randomUUID(), content, ...more };
      return (await person.call(chatRest.sendMessage, message)).body;
    },
    /** How the way of each push of a message ended, once none is under way any more. */
    ways: async (messageId: string) => {
      const read = () => admin.pushAttempt.findMany({ where: { messageId } });
      await until('the pushes are settled', async () => {
        const jobs = await admin.outbox.count({
          where: {
            topic: 'message.created',
            payload: { path: ['messageId'], equals: messageId },
          },
        });
        return jobs === 0 && (await read()).every(({ state }) => state !== 'queued');
      });
      return (await read()).map(({ userId, state, error }) => ({ userId, state, error }));
    },
    /** Two people and their chat; the second one's device takes pushes. */
    friends: async () => {
      const { asha, biren, chatId } = await chat.twoFriends();
      return {
        asha: node.as({ id: asha.userId }),
        biren: node.as({ id: biren.userId }),
        chatId,
      };
    },
  };
};
