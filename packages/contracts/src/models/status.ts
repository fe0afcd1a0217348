import { mediaRef } from './media.ts';
import {
  type Infer,
  boolean,
  named,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  text,
  time,
  uuid,
} from '../schema.ts';

export const status = named(
  'Status',
  object({
    id: uuid(),
    userId: uuid(),
    type: oneOf('text', 'image', 'video'),
    text: nullable(text(700)),
    background: optional(text(32)),
    media: optional(mediaRef),
    createdAt: time(),
    expiresAt: time(),
    viewed: boolean(),
    viewCount: optional(natural()),
  }),
);
export type Status = Infer<typeof status>;
