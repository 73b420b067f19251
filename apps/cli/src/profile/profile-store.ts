import { CliError } from '../cli-error.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';
import { Profile } from './profile.js';
import type { ProfilePaths } from './profile-paths.js';

/** @throws CliError `profile_invalid` or `profile_not_private` */
export async function readProfile({ profile: path }: ProfilePaths): Promise<Profile | undefined> {
  const text = await readPrivateFile(path);
  if (text === undefined) return undefined;
  try {
    return Profile.parse(JSON.parse(text));
  } catch (cause) {
    throw new CliError('profile_invalid', `${path} is not a profile of this version`, {
      cause,
      advice: 'log in again with "drawbridge login", which writes it anew',
    });
  }
}

export const writeProfile = (paths: ProfilePaths, profile: Profile): Promise<void> =>
  writePrivateFile(paths.profile, `${JSON.stringify(profile, undefined, 2)}\n`);
