import { Router } from 'express';

import { GetBillParamsSchema, ListBillsQuerySchema, UpdateBillRequestSchema } from '../contracts/bill';
import { CreateBillSchema } from '../validation/bill';
import parts from './bill-parts';
import { sendFound, sendRemoved, services } from './services';

const router = Router();

router.get('/', async (request, response) => {
  const query = ListBillsQuerySchema.parse(request.query);
  response.json(await services(request).bills.list(query));
});

router.post('/', async (request, response) => {
  const bill = CreateBillSchema.parse(request.body);
  response.status(201).json(await services(request).bills.create(bill));
});

router.get('/:id', async (request, response) => {
  const { id } = GetBillParamsSchema.parse(request.params);
  sendFound(response, await services(request).bills.get(id));
});

router.patch('/:id', async (request, response) => {
  const { id, ...changes } = UpdateBillRequestSchema.parse({ ...request.body, ...request.params });
  sendFound(response, await services(request).bills.update(id, changes));
});

router.delete('/:id', async (request, response) => {
  const { id } = GetBillParamsSchema.parse(request.params);
  sendRemoved(response, await services(request).bills.remove(id));
});

router.use('/:id', parts);

export default router;
