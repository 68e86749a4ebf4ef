import { createUserSchema, userResponseSchema } from '@board/contracts';
import { db, users as table } from '@board/db';
import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';

export const users = new Hono()
  .post('/', zValidator('json', createUserSchema), async (c) => {
    const [user] = await db.insert(table).values(c.req.valid('json')).returning();
    return c.json(userResponseSchema.parse(user), 201);
  })
  .get('/', async (c) => {
    const rows = await db.select().from(table);
    return c.json(rows.map((row) => userResponseSchema.parse(row)));
  });
