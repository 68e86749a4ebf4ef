import { drizzle } from 'drizzle-orm/node-postgres';

import * as schema from './schema';

export const db = drizzle(process.env.DATABASE_URL!, { schema });
export * from './schema';

export type User = typeof schema.users.$inferSelect;
export type Project = typeof schema.projects.$inferSelect;
export type Task = typeof schema.tasks.$inferSelect;
