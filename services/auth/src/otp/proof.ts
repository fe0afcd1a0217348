/** A phone number whose ownership was proven; opening a session consumes `requestId`. */
export type Proof = { requestId: string; phoneNumber: string; uid: string };
