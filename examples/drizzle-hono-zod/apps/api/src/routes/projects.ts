import { createProjectSchema, projectResponseSchema } from '@board/contracts';
import { db, projects as table } from '@board/db';
import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';

export const projects = new Hono()
  .post('/', zValidator('json', createProjectSchema), async (c) => {
    const [project] = await db.insert(table).values(c.req.valid('json')).returning();
    return c.json(projectResponseSchema.parse(project), 201);
  })
  .get('/', async (c) => {
    const rows = await db.select().from(table);
    return c.json(rows.map((row) => projectResponseSchema.parse(row)));
  });
