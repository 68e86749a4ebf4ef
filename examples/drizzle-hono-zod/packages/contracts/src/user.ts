import { z } from 'zod';

export const createUserSchema = z.object({
  email: z.email().max(254),
  name: z.string().min(1),
  bio: z.string().nullish(),
});

export const userResponseSchema = z.object({
  id: z.uuid(),
  email: z.email(),
  name: z.string(),
  bio: z.string().nullable(),
});

export const userEndpoints = {
  create: { method: 'POST', path: '/users', request: createUserSchema, response: userResponseSchema },
  list: { method: 'GET', path: '/users', response: z.array(userResponseSchema) },
};
