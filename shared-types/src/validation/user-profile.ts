import { z } from 'zod';

import { jsonObject, timestamp } from './shared';

export const UserProfileSchema = z.object({
  userId: z.uuid(),
  displayName: z.string().min(2).max(100),
  firstName: z.string().max(60).nullable(),
  lastName: z.string().max(60).nullable(),
  fullName: z.string().nullable(),
  avatarUrl: z.url().nullable(),
  county: z.string().max(80).nullable(),
  birthDate: timestamp.nullable(),
  anonymity: z.enum(['public', 'pseudonymous', 'anonymous']),
  interests: z.array(z.string()),
  preferences: jsonObject,
  updatedAt: timestamp,
  bio: z.string().max(2000).nullable(),
});

const generated = { fullName: true, updatedAt: true } as const;

export const CreateUserProfileSchema = UserProfileSchema.omit(generated)
  .partial()
  .required({ userId: true, displayName: true });

export const UpdateUserProfileSchema = UserProfileSchema.omit({ ...generated, userId: true }).partial();

export type CreateUserProfile = z.infer<typeof CreateUserProfileSchema>;
export type UpdateUserProfile = z.infer<typeof UpdateUserProfileSchema>;
