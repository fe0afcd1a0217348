import { randomUUID } from 'node:crypto';
import { chatRest } from '@taar/contracts';
import { startTestFcm } from '@taar/testing/fcm';
import type { Person } from '@taar/testing/people';
import { startChat } from './start.ts';
import { until } from './wait.ts';

/** A node that sends pushes to an FCM on loopback, with short intervals. */
export const startChatWithPush = async (overrides: Record<string, string> = {}) => {
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
    /** Gives the person's device a push token, and answers the token. */
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
    /** The result of each push of a message, once no job of them is left. */
    pushResults: async (messageId: string) => {
      const read = () => admin.pushAttempt.findMany({ where: { messageId } });
      await until('the pushes of the message are done', async () => {
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
    /** Two people of a direct chat, on the node that sends pushes. */
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
