import { Router } from 'express';

import { CastVoteRequestSchema, SubscribeRequestSchema, VotedBillParamsSchema } from '../contracts/vote';
import { currentUserId, sendRemoved, services } from './services';

export const votes = Router();

votes.get('/:billId', async (request, response) => {
  const { billId } = VotedBillParamsSchema.parse(request.params);
  response.json(await services(request).votes.tally(billId));
});

votes.put('/:billId', async (request, response) => {
  const vote = CastVoteRequestSchema.parse({ ...request.body, ...request.params });
  response.json(await services(request).votes.cast({ ...vote, userId: currentUserId(response) }));
});

votes.delete('/:billId', async (request, response) => {
  const { billId } = VotedBillParamsSchema.parse(request.params);
  sendRemoved(response, await services(request).votes.withdraw(billId, currentUserId(response)));
});

export const subscriptions = Router();

subscriptions.get('/', async (request, response) => {
  response.json(await services(request).subscriptions.listOf(currentUserId(response)));
});

subscriptions.put('/:billId', async (request, response) => {
  const subscription = SubscribeRequestSchema.parse({ ...request.body, ...request.params });
  const userId = currentUserId(response);
  response.json(await services(request).subscriptions.subscribe({ ...subscription, userId }));
});

subscriptions.delete('/:billId', async (request, response) => {
  const { billId } = VotedBillParamsSchema.parse(request.params);
  sendRemoved(response, await services(request).subscriptions.unsubscribe(billId, currentUserId(response)));
});
