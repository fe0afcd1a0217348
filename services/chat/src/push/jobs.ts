/** Written with a message, and worked into one push for every device that is to hear of it. */
export const messageCreated = 'message.created';
