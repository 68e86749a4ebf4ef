import { z } from 'zod';

import { VOTE_POSITIONS } from '../domain/enums';
import { timestamp } from './shared';

const channel = z.enum(['email', 'sms', 'push']);

export const VoteSchema = z.object({
  id: z.uuid(),
  billId: z.uuid(),
  userId: z.uuid(),
  position: z.enum(VOTE_POSITIONS),
  confidence: z.number().int().min(1).max(5).nullable(),
  rationale: z.string().max(280).nullable(),
  castAt: timestamp,
});

export const CreateVoteSchema = VoteSchema.omit({ id: true, castAt: true }).partial({
  confidence: true,
  rationale: true,
});

export const SubscriptionSchema = z.object({
  userId: z.uuid(),
  billId: z.uuid(),
  frequency: z.enum(['instant', 'daily', 'weekly']),
  channels: z.array(channel).min(1),
  createdAt: timestamp,
});

export const CreateSubscriptionSchema = SubscriptionSchema.omit({ createdAt: true }).partial({
  frequency: true,
  channels: true,
});

export type CreateVote = z.infer<typeof CreateVoteSchema>;
export type CreateSubscription = z.infer<typeof CreateSubscriptionSchema>;
