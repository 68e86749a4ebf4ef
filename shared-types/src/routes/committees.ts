import express from 'express';

import {
  AddMemberRequestSchema,
  GetCommitteeParamsSchema,
  ListCommitteesQuerySchema,
  ReferBillRequestSchema,
  UpdateCommitteeRequestSchema,
} from '../contracts/committee';
import { CreateCommitteeSchema } from '../validation/committee';
import { sendFound, services } from './services';

const router = express.Router();

router.get('/', async (request, response) => {
  const query = ListCommitteesQuerySchema.parse(request.query);
  response.json(await services(request).committees.list(query));
});

router.post('/', async (request, response) => {
  const committee = CreateCommitteeSchema.parse(request.body);
  response.status(201).json(await services(request).committees.create(committee));
});

router.get('/:id', async (request, response) => {
  const { id } = GetCommitteeParamsSchema.parse(request.params);
  sendFound(response, await services(request).committees.get(id));
});

router.patch('/:id', async (request, response) => {
  const { id, ...changes } = UpdateCommitteeRequestSchema.parse({ ...request.body, ...request.params });
  sendFound(response, await services(request).committees.update(id, changes));
});

router.post('/:id/members', async (request, response) => {
  const { id } = GetCommitteeParamsSchema.parse(request.params);
  const member = AddMemberRequestSchema.parse(request.body);
  response.status(201).json(await services(request).committeeMembers.create({ committeeId: id, ...member }));
});

router.get('/:id/referrals', async (request, response) => {
  const { id } = GetCommitteeParamsSchema.parse(request.params);
  response.json(await services(request).referrals.list({ committeeId: id }));
});

router.post('/:id/referrals', async (request, response) => {
  const { id } = GetCommitteeParamsSchema.parse(request.params);
  const referral = ReferBillRequestSchema.parse(request.body);
  response.status(201).json(await services(request).referrals.create({ committeeId: id, ...referral }));
});

export default router;
