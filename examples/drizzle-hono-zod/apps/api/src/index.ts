import { serve } from '@hono/node-server';
import { Hono } from 'hono';

import { projects } from './routes/projects';
import { tasks } from './routes/tasks';
import { users } from './routes/users';

const app = new Hono()
  .route('/users', users)
  .route('/projects', projects)
  .route('/tasks', tasks);

serve(app);
