import { z } from 'zod';

export const taskStatusSchema = z.enum(['open', 'in_progress', 'done']);

export const createTaskSchema = z.object({
  projectId: z.uuid(),
  title: z.string().min(1).max(200),
  status: taskStatusSchema.optional(),
  priority: z.int32().min(0).optional(),
  dueOn: z.iso.date().nullish(),
});

export const updateTaskSchema = createTaskSchema.omit({ projectId: true }).partial();

export const taskResponseSchema = z.object({
  id: z.uuid(),
  projectId: z.uuid(),
  title: z.string(),
  status: taskStatusSchema,
  priority: z.int(),
  dueOn: z.iso.date().nullable(),
});

export const taskEndpoints = {
  create: { method: 'POST', path: '/tasks', request: createTaskSchema, response: taskResponseSchema },
  update: { method: 'PATCH', path: '/tasks/:id', request: updateTaskSchema, response: taskResponseSchema },
};
