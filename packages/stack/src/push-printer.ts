import { type FcmMessage, startFcm } from '@taar/embedded/fcm';

const shownToken = 12;

const describe = ({ token, data = {}, notification }: FcmMessage) => {
  const said = notification
    ? `${notification.title}: ${notification.body}`
    : (data['type'] ?? 'nothing');
  const badge = data['badge'] === undefined ? '' : ` (badge ${data['badge']})`;
  return `Push to ${token.slice(0, shownToken)}: ${said}${badge}`;
};

/** Takes every push in place of FCM, and prints it. */
export const startPushPrinter = async (print: (line: string) => void) => {
  const { url, close } = await startFcm({ onPush: (message) => print(describe(message)) });
  return { url, stop: close };
};
