import { createTaskSchema, taskResponseSchema, updateTaskSchema } from '@board/contracts';
import { db, tasks as table } from '@board/db';
import { zValidator } from '@hono/zod-validator';
import { eq } from 'drizzle-orm';
import { Hono } from 'hono';

export const tasks = new Hono()
  .post('/', zValidator('json', createTaskSchema), async (c) => {
    const [task] = await db.insert(table).values(c.req.valid('json')).returning();
    return c.json(taskResponseSchema.parse(task), 201);
  })
  .patch('/:id', zValidator('json', updateTaskSchema), async (c) => {
    const [task] = await db
      .update(table)
      .set(c.req.valid('json'))
      .where(eq(table.id, c.req.param('id')))
      .returning();
    return task ? c.json(taskResponseSchema.parse(task)) : c.notFound();
  });
