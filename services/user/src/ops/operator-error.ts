/** A mistake that the operator can correct: the message is printed without a stack. */
export class OperatorError extends Error {}
