export const membersRest = {};
