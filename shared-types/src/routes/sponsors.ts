import { Router } from 'express';

import { GetSponsorParamsSchema, ListSponsorsQuerySchema, UpdateSponsorRequestSchema } from '../contracts/sponsor';
import { CreateSponsorSchema } from '../validation/sponsor';
import { sendFound, services } from './services';

export const sponsors = Router();

sponsors
  .route('/')
  .get(async (request, response) => {
    const query = ListSponsorsQuerySchema.parse(request.query);
    response.json(await services(request).sponsors.list(query));
  })
  .post(async (request, response) => {
    const sponsor = CreateSponsorSchema.parse(request.body);
    response.status(201).json(await services(request).sponsors.create(sponsor));
  });

sponsors
  .route('/:id')
  .get(async (request, response) => {
    const { id } = GetSponsorParamsSchema.parse(request.params);
    sendFound(response, await services(request).sponsors.get(id));
  })
  .put(async (request, response) => {
    const { id, ...changes } = UpdateSponsorRequestSchema.parse({ ...request.body, ...request.params });
    sendFound(response, await services(request).sponsors.update(id, changes));
  });
