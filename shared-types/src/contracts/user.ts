import { z } from 'zod';

import { UpdateUserProfileSchema, UserProfileSchema } from '../validation/user-profile';
import { CreateUserSchema, UpdateUserSchema, UserSchema } from '../validation/user';
import { EmptySchema, PageQuerySchema, pageOf, type ContractRegistry } from './contract';

export const ListUsersQuerySchema = PageQuerySchema.extend({ role: UserSchema.shape.role.optional() });
export const ListUsersResponseSchema = pageOf(UserSchema);

export const GetUserParamsSchema = z.object({ id: z.uuid() });
export const GetUserResponseSchema = UserSchema.extend({ profile: UserProfileSchema.optional() });

export const RegisterUserRequestSchema = CreateUserSchema.omit({ passwordHash: true, role: true }).extend({
  password: z.string().min(12).max(128),
});

export const UpdateUserRequestSchema = GetUserParamsSchema.extend(UpdateUserSchema.shape);

export const UpdateUserProfileRequestSchema = GetUserParamsSchema.extend(UpdateUserProfileSchema.shape);

export const UserEndpoints = {
  list: {
    method: 'GET',
    path: '/api/users',
    request: ListUsersQuerySchema,
    response: ListUsersResponseSchema,
  },
  register: {
    method: 'POST',
    path: '/api/users',
    request: RegisterUserRequestSchema,
    response: UserSchema,
  },
  getById: {
    method: 'GET',
    path: '/api/users/:id',
    request: GetUserParamsSchema,
    response: GetUserResponseSchema,
  },
  update: {
    method: 'PATCH',
    path: '/api/users/:id',
    request: UpdateUserRequestSchema,
    response: UserSchema,
  },
  remove: {
    method: 'DELETE',
    path: '/api/users/:id',
    request: GetUserParamsSchema,
    response: EmptySchema,
  },
  getProfile: {
    method: 'GET',
    path: '/api/users/:id/profile',
    request: GetUserParamsSchema,
    response: UserProfileSchema,
  },
  updateProfile: {
    method: 'PATCH',
    path: '/api/users/:id/profile',
    request: UpdateUserProfileRequestSchema,
    response: UserProfileSchema,
  },
} as const satisfies ContractRegistry;

export type RegisterUserRequest = z.infer<typeof RegisterUserRequestSchema>;
