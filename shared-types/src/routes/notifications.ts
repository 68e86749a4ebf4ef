import { Router } from 'express';

import { InboxQuerySchema, NotificationParamsSchema } from '../contracts/notification';
import { currentUserId, sendRemoved, services } from './services';

export const notifications = Router();

notifications.get('/', async (request, response) => {
  const query = InboxQuerySchema.parse(request.query);
  response.json(await services(request).notifications.inbox(currentUserId(response), query));
});

notifications.post('/:id/read', async (request, response) => {
  const { id } = NotificationParamsSchema.parse(request.params);
  sendRemoved(response, await services(request).notifications.markRead(id, currentUserId(response)));
});
