import { optional, queryInteger, text } from '../schema.ts';

export const cursor = () => optional(text(1_024, 1));
export const limit = () => optional(queryInteger(1, 100));
/** A place in a chat: a `seq` or a `changeSeq`. */
export const position = () => optional(queryInteger(0, 1e15));
