import express, { type Express } from 'express';

import auditLog from './audit-log';
import bills from './bills';
import { comments } from './comments';
import committees from './committees';
import { notifications } from './notifications';
import type { Services } from './services';
import { sponsors } from './sponsors';
import users from './users';
import { subscriptions, votes } from './votes';

/** The HTTP server, without its sockets. */
export function createApp(services: Services): Express {
  const app = express();
  app.locals['services'] = services;
  app.use(express.json());

  app.use('/api/users', users);
  app.use('/api/bills', bills);
  app.use('/api/sponsors', sponsors);
  app.use('/api/committees', committees);
  app.use('/api/comments', comments);
  app.use('/api/votes', votes);
  app.use('/api/subscriptions', subscriptions);
  app.use('/api/notifications', notifications);
  app.use('/api/audit-log', auditLog);
  return app;
}
