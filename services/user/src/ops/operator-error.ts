/** What an operator can mend: shown as its one line. */
export class OperatorError extends Error {}
