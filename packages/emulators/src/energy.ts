import { rms, toDbfs } from '@pc/audio'

// Above the noise of a quiet room, below soft speech.
const LOUD_DBFS = -44

/** True when 16-bit samples are as loud as speech. */
export const isLoud = (pcm: Int16Array): boolean => toDbfs(rms(pcm)) > LOUD_DBFS
