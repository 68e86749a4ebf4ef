import type { UserRole, UserStatus } from '../domain/enums';
import type { UserId } from '../domain/ids';
import type { Timestamps } from './shared';

/** A row of `users`. */
export interface UserRow extends Timestamps {
  id: UserId;
  email: string;
  username: string;
  password_hash: string;
  role: UserRole;
  status: UserStatus;
  email_verified: boolean;
  failed_logins: number;
  last_login_at: Date | null;
}

/** What `INSERT INTO users` takes: the database fills in the rest. */
export interface NewUser {
  id?: UserId;
  email: string;
  username: string;
  password_hash: string;
  role?: UserRole;
  status?: UserStatus;
  email_verified?: boolean;
  failed_logins?: number;
  last_login_at?: Date | null;
  created_at?: Date;
  updated_at?: Date;
}

export type UserUpdate = Partial<Omit<UserRow, 'id' | 'created_at'>>;
