import { z } from 'zod';

import { CreateSubscriptionSchema, CreateVoteSchema, SubscriptionSchema, VoteSchema } from '../validation/vote';
import { EmptySchema, type ContractRegistry } from './contract';

export const VotedBillParamsSchema = z.object({ billId: z.uuid() });

/** Counts per position, from the materialised view `bill_engagement`. */
export const TallyResponseSchema = z.object({ support: z.string(), oppose: z.string() });

export const CastVoteRequestSchema = CreateVoteSchema.omit({ userId: true });
export const SubscribeRequestSchema = CreateSubscriptionSchema.omit({ userId: true });

export const VoteEndpoints = {
  tally: {
    method: 'GET',
    path: '/api/votes/:billId',
    request: VotedBillParamsSchema,
    response: TallyResponseSchema,
  },
  cast: {
    method: 'PUT',
    path: '/api/votes/:billId',
    request: CastVoteRequestSchema,
    response: VoteSchema,
  },
  withdraw: {
    method: 'DELETE',
    path: '/api/votes/:billId',
    request: VotedBillParamsSchema,
    response: EmptySchema,
  },
} as const satisfies ContractRegistry;

export const SubscriptionEndpoints = {
  listOwn: {
    method: 'GET',
    path: '/api/subscriptions',
    request: EmptySchema,
    response: z.array(SubscriptionSchema),
  },
  subscribe: {
    method: 'PUT',
    path: '/api/subscriptions/:billId',
    request: SubscribeRequestSchema,
    response: SubscriptionSchema,
  },
  unsubscribe: {
    method: 'DELETE',
    path: '/api/subscriptions/:billId',
    request: VotedBillParamsSchema,
    response: EmptySchema,
  },
} as const satisfies ContractRegistry;
