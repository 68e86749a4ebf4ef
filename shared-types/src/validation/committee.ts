import { z } from 'zod';

import { CHAMBERS } from '../domain/enums';
import { bigintId, timestamp } from './shared';

const slug = z
  .string()
  .max(80)
  .regex(/^[a-z0-9-]+$/);

export const CommitteeSchema = z.object({
  id: z.number().int(),
  slug,
  name: z.string().max(160),
  chamber: z.enum(CHAMBERS),
  parentId: z.number().int().nullable(),
  mandate: z.string().nullable(),
  meetingWeekday: z.number().int().min(1).max(7).nullable(),
  establishedOn: timestamp.nullable(),
});

export const CreateCommitteeSchema = CommitteeSchema.omit({ id: true }).partial({
  parentId: true,
  mandate: true,
  meetingWeekday: true,
  establishedOn: true,
});

export const UpdateCommitteeSchema = CreateCommitteeSchema.partial();

export const CommitteeMemberSchema = z.object({
  committeeId: z.number().int(),
  sponsorId: bigintId,
  role: z.enum(['chair', 'vice_chair', 'member']),
  joinedOn: timestamp,
  leftOn: timestamp.nullable(),
});

export const CreateCommitteeMemberSchema = CommitteeMemberSchema.partial({ role: true, joinedOn: true, leftOn: true });

export const CommitteeReferralSchema = z.object({
  id: bigintId,
  billId: z.uuid(),
  committeeId: z.number().int(),
  referredOn: timestamp,
  reportedOn: timestamp.nullable(),
  outcome: z.enum(['recommended', 'amended', 'not_recommended']).nullable(),
});

export const CreateCommitteeReferralSchema = CommitteeReferralSchema.pick({
  billId: true,
  committeeId: true,
  referredOn: true,
});

export type CreateCommittee = z.infer<typeof CreateCommitteeSchema>;
export type UpdateCommittee = z.infer<typeof UpdateCommitteeSchema>;
export type CreateCommitteeMember = z.infer<typeof CreateCommitteeMemberSchema>;
export type CreateCommitteeReferral = z.infer<typeof CreateCommitteeReferralSchema>;
