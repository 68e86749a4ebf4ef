import { z } from 'zod';

import { USER_STATUSES, UserRole } from '../domain/enums';
import { emailAddress, timestamp } from './shared';

/**
 * An account without what must not leave the database.
 *
 * @projection
 */
export const UserSchema = z.object({
  id: z.uuid(),
  email: emailAddress,
  username: z
    .string()
    .min(3)
    .max(40)
    .regex(/^[a-z0-9_]{3,40}$/),
  role: z.enum(UserRole),
  status: z.enum(USER_STATUSES),
  emailVerified: z.boolean(),
  lastLoginAt: timestamp.nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});

export const CreateUserSchema = UserSchema.pick({ email: true, username: true }).extend({
  passwordHash: z.string(),
  role: z.enum(UserRole).optional(),
});

export const UpdateUserSchema = UserSchema.pick({ email: true, username: true, role: true, status: true }).partial();

export type CreateUser = z.infer<typeof CreateUserSchema>;
export type UpdateUser = z.infer<typeof UpdateUserSchema>;
