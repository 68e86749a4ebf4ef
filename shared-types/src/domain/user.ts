import type { AnonymityLevel, UserRole, UserStatus } from './enums';
import type { UserId } from './ids';
import type { Subscription, Vote } from './vote';

/**
 * An account as the application sees it: the password's hash and the count of failed logins stay in the database.
 *
 * @projection
 */
export interface User {
  id: UserId;
  email: string;
  username: string;
  role: UserRole;
  status: UserStatus;
  emailVerified: boolean;
  lastLoginAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  profile?: UserProfile;
  votes?: Vote[];
  subscriptions?: Subscription[];
}

/** What other people see of a user. */
export interface UserProfile {
  userId: UserId;
  displayName: string;
  firstName: string | null;
  lastName: string | null;
  readonly fullName: string | null;
  avatarUrl: string | null;
  county: string | null;
  birthDate: Date | null;
  anonymity: AnonymityLevel;
  interests: string[];
  preferences: Record<string, unknown>;
  updatedAt: Date;
  bio: string | null;
}
