/** The job that makes the served files of a media from its uploaded file. */
export const processMediaTopic = 'media_process';
