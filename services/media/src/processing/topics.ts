/** Makes what is shown out of what was uploaded. */
export const processTopic = 'media_process';

export const prefixOf = (mediaId: string) => `m/${mediaId}/`;
