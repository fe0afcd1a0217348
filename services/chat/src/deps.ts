import type { ServiceDeps } from '@taar/runtime/service-deps';
import type { Server } from 'socket.io';
import type { PublishCommits } from './core/commit.ts';
import type { Emit } from './core/emit.ts';
import type { StoreMessage } from './core/group-commit.ts';
import type { Totals } from './core/totals.ts';
import type { Rooms } from './delivery/rooms.ts';
import type { Expiry, SessionSockets } from './live/sessions.ts';
import type { TypingUsers } from './live/typing.ts';
import type { Views } from './live/views.ts';
import type { ChatBudget } from './messages/chat-budget.ts';
import type { OrderedQueue } from './messages/ordered-queue.ts';
import type { Presence } from './presence/presence.ts';
import type { Push } from './push/create-push.ts';
import type { DeviceWatermarks } from './receipts/device-watermarks.ts';
import type { EmitReceipt } from './receipts/emit-receipts.ts';
import type { Admit } from './sync/admission.ts';

/** Everything that operations of the chat service work with; each names the part that it uses. */
export type Deps = ServiceDeps<'chat'> & {
  io: Server;
  /** Stores one message in the next batch; `core/store-messages.ts` has what follows. */
  storeMessage: StoreMessage;
  /** Limits how much all members of a chat may send to it together. */
  chatBudget: ChatBudget;
  /** Keeps the order in which one socket sends to one chat. */
  orderedQueue: OrderedQueue;
  /** Hands committed changes of chats to the sockets of all nodes. */
  publishCommits: PublishCommits;
  /** Emits events that may be lost: presence and receipts. */
  emit: Emit;
  /** For how long after sending a message may be edited, and deleted for everyone. */
  windows: { editMs: number; deleteMs: number };
  totals: Totals;
  emitReceipt: EmitReceipt;
  deviceWatermarks: DeviceWatermarks;
  rooms: Rooms;
  /** Which devices have which chats open. */
  views: Views;
  typing: TypingUsers;
  presence: Presence;
  push: Push;
  sessionSockets: SessionSockets;
  heartbeatMs: number;
  /** Multiplies all rate limits. */
  rateLimitFactor: number;
  admitSync: Admit;
  /** Resolves when the node hears the bus, or soon without Redis. */
  busReady: Promise<void>;
  /** Whether events of other nodes may not arrive here. */
  isDegraded: () => boolean;
  expiry: Expiry;
};
