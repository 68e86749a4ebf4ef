import { Router } from 'express';

import {
  GetUserParamsSchema,
  ListUsersQuerySchema,
  RegisterUserRequestSchema,
  UpdateUserProfileRequestSchema,
  UpdateUserRequestSchema,
} from '../contracts/user';
import { sendFound, sendRemoved, services } from './services';

const router = Router();

router.get('/', async (request, response) => {
  const query = ListUsersQuerySchema.parse(request.query);
  response.json(await services(request).users.list(query));
});

router.post('/', async (request, response) => {
  const user = RegisterUserRequestSchema.parse(request.body);
  response.status(201).json(await services(request).users.create(user));
});

router.get('/:id', async (request, response) => {
  const { id } = GetUserParamsSchema.parse(request.params);
  sendFound(response, await services(request).users.get(id));
});

router.patch('/:id', async (request, response) => {
  const { id, ...changes } = UpdateUserRequestSchema.parse({ ...request.body, ...request.params });
  sendFound(response, await services(request).users.update(id, changes));
});

router.delete('/:id', async (request, response) => {
  const { id } = GetUserParamsSchema.parse(request.params);
  sendRemoved(response, await services(request).users.remove(id));
});

router.get('/:id/profile', async (request, response) => {
  const { id } = GetUserParamsSchema.parse(request.params);
  sendFound(response, await services(request).profiles.get(id));
});

router.patch('/:id/profile', async (request, response) => {
  const { id, ...changes } = UpdateUserProfileRequestSchema.parse({ ...request.body, ...request.params });
  sendFound(response, await services(request).profiles.update(id, changes));
});

export default router;
