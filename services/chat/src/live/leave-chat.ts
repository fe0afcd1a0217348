import type { Input, clientEvents } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Socket } from 'socket.io';
import type { Deps } from '../deps.ts';

export const leaveChat = (
  { views }: Pick<Deps, 'views'>,
  { deviceId }: Actor,
  { chatId }: Input<typeof clientEvents.leave_chat>,
  socket: Socket,
) => {
  views.close(socket, deviceId, chatId);
  return {};
};
