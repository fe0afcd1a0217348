import { type FcmMessage, startFcm } from '@taar/embedded/fcm';

const shownTokenLength = 12;

/** Accepts every push in place of FCM and prints it. */
export const startPushPrinter = async (print: (line: string) => void) => {
  const { url, close } = await startFcm({ onPush: (message) => print(describe(message)) });
  return { url, stop: close };
};

const describe = ({ token, data = {}, notification }: FcmMessage) => {
  const text = notification
    ? `${notification.title}: ${notification.body}`
    : (data['type'] ?? 'without content');
  const badge = data['badge'] === undefined ? '' : ` (badge ${data['badge']})`;
  return `Push to ${token.slice(0, shownTokenLength)}: ${text}${badge}`;
};
