import type { AnonymityLevel } from '../domain/enums';
import type { UserId } from '../domain/ids';
import type { JsonObject, Timestamps } from './shared';

/** A row of `user_profiles`. */
export interface UserProfileRow extends Pick<Timestamps, 'updated_at'> {
  user_id: UserId;
  display_name: string;
  first_name: string | null;
  last_name: string | null;
  /** Generated from the two names. */
  full_name: string | null;
  avatar_url: string | null;
  county: string | null;
  birth_date: Date | null;
  anonymity: AnonymityLevel;
  interests: string[];
  preferences: JsonObject;
  bio: string | null;
}

export type NewUserProfile = Pick<UserProfileRow, 'user_id' | 'display_name'> &
  Partial<Omit<UserProfileRow, 'user_id' | 'display_name' | 'full_name'>>;

export type UserProfileUpdate = Partial<Omit<NewUserProfile, 'user_id'>>;
