import { Router } from 'express';

import {
  DecideAmendmentRequestSchema,
  GetBillParamsSchema,
  ProposeAmendmentRequestSchema,
  PublishVersionRequestSchema,
  SignBillRequestSchema,
} from '../contracts/bill';
import { sendFound, services } from './services';

/** Mounted below one bill, whose `:id` it needs. */
const router = Router({ mergeParams: true });

router
  .route('/sponsors')
  .get(async (request, response) => {
    const { id } = GetBillParamsSchema.parse(request.params);
    response.json(await services(request).billSponsors.list({ billId: id }));
  })
  .post(async (request, response) => {
    const { id } = GetBillParamsSchema.parse(request.params);
    const signature = SignBillRequestSchema.parse(request.body);
    response.status(201).json(await services(request).billSponsors.create({ billId: id, ...signature }));
  });

router
  .route('/versions')
  .get(async (request, response) => {
    const { id } = GetBillParamsSchema.parse(request.params);
    response.json(await services(request).billVersions.list({ billId: id }));
  })
  .post(async (request, response) => {
    const { id } = GetBillParamsSchema.parse(request.params);
    const version = PublishVersionRequestSchema.parse(request.body);
    response.status(201).json(await services(request).billVersions.create({ billId: id, ...version }));
  });

router.get('/amendments', async (request, response) => {
  const { id } = GetBillParamsSchema.parse(request.params);
  response.json(await services(request).amendments.list({ billId: id }));
});

router.post('/amendments', async (request, response) => {
  const { id } = GetBillParamsSchema.parse(request.params);
  const amendment = ProposeAmendmentRequestSchema.parse(request.body);
  response.status(201).json(await services(request).amendments.create({ billId: id, ...amendment }));
});

router.patch('/amendments/:amendmentId', async (request, response) => {
  const { amendmentId, ...decision } = DecideAmendmentRequestSchema.parse({ ...request.body, ...request.params });
  sendFound(response, await services(request).amendments.update(amendmentId, decision));
});

export default router;
