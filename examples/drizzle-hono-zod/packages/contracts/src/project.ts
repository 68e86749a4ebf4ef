import { z } from 'zod';

export const createProjectSchema = z.object({
  ownerId: z.uuid(),
  title: z.string().min(1).max(120),
});

export const projectResponseSchema = z.object({
  id: z.uuid(),
  ownerId: z.uuid(),
  title: z.string(),
  archived: z.boolean(),
});

export const projectEndpoints = {
  create: { method: 'POST', path: '/projects', request: createProjectSchema, response: projectResponseSchema },
  list: { method: 'GET', path: '/projects', response: z.array(projectResponseSchema) },
};
