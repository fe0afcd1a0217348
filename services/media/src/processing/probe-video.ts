import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Logger } from '@taar/kit/logger';

export type VideoFacts = { durationMs?: number; width?: number; height?: number; poster?: Buffer };
type Settings = { FFMPEG: string; FFPROBE: string };

const run = promisify(execFile);
const deadlineMs = 60_000;
const maxOutputBytes = 16 * 1024 * 1024;

/** The demuxer that ffmpeg must use. The one that ffmpeg picks might open URLs named in a file. */
const demuxers: Record<string, string> = {
  'video/webm': 'matroska',
  'audio/webm': 'matroska',
  'audio/aac': 'aac',
  'audio/amr': 'amr',
  'audio/flac': 'flac',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'audio/wav': 'wav',
};

type Probe = {
  format?: { duration?: string };
  streams?: {
    codec_type?: string;
    width?: number;
    height?: number;
    side_data_list?: { rotation?: number }[];
  }[];
};

/** Reads the duration, size and poster of a video or recording; leaves out what is unreadable. */
export const probeVideo = async (
  { FFMPEG, FFPROBE }: Settings,
  logger: Logger,
  path: string,
  mimeType: string,
): Promise<VideoFacts> => {
  const orNothing = (error: unknown): VideoFacts => {
    logger.info('A video or recording could not be read by ffmpeg.', { error });
    return {};
  };
  const facts = await runFfprobe(FFPROBE, path, mimeType).catch(orNothing);
  if (!facts.width) return facts;
  const poster = renderPoster(FFMPEG, path, mimeType, facts.durationMs ?? 0);
  return { ...facts, ...(await poster.catch(orNothing)) };
};

export const isInstalled = async (command: string) =>
  run(command, ['-version'], { timeout: deadlineMs }).then(
    () => true,
    () => false,
  );

const runFfprobe = async (command: string, path: string, mimeType: string): Promise<VideoFacts> => {
  const entries = 'format=duration:stream=codec_type,width,height:stream_side_data=rotation';
  const { stdout } = await run(
    command,
    [...input(path, mimeType), '-show_entries', entries, '-of', 'json'],
    { timeout: deadlineMs, maxBuffer: maxOutputBytes },
  );
  const { format, streams = [] } = JSON.parse(stdout) as Probe;
  const seconds = Number(format?.duration);
  const video = streams.find(({ codec_type }) => codec_type === 'video');
  const isOnItsSide = (video?.side_data_list?.[0]?.rotation ?? 0) % 180 !== 0;
  const [width, height] = isOnItsSide
    ? [video?.height, video?.width]
    : [video?.width, video?.height];
  return {
    ...(Number.isFinite(seconds) && { durationMs: Math.round(seconds * 1_000) }),
    ...(width && height && { width, height }),
  };
};

const renderPoster = async (
  command: string,
  path: string,
  mimeType: string,
  durationMs: number,
): Promise<VideoFacts> => {
  const at = String(Math.min(1, durationMs / 2_000));
  const { stdout } = await run(
    command,
    [
      ...words(`-nostdin -ss ${at}`),
      ...input(path, mimeType),
      ...words("-frames:v 1 -vf scale='min(1280,iw)':-2 -c:v mjpeg -f image2pipe pipe:1"),
    ],
    { timeout: deadlineMs, maxBuffer: maxOutputBytes, encoding: 'buffer' },
  );
  return stdout.length > 0 ? { poster: stdout } : {};
};

const input = (path: string, mimeType: string) => [
  ...words('-v error -protocol_whitelist file,pipe -f'),
  demuxers[mimeType] ?? 'mov',
  '-i',
  path,
];

const words = (text: string) => text.split(' ');
