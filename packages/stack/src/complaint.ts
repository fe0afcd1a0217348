/** What keeps the stack from starting and whoever started it can mend: shown as its one line. */
export class Complaint extends Error {}
