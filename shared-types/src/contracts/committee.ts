import { z } from 'zod';

import {
  CommitteeMemberSchema,
  CommitteeReferralSchema,
  CommitteeSchema,
  CreateCommitteeMemberSchema,
  CreateCommitteeReferralSchema,
  CreateCommitteeSchema,
  UpdateCommitteeSchema,
} from '../validation/committee';
import { PageQuerySchema, pageOf, type ContractRegistry } from './contract';

export const ListCommitteesQuerySchema = PageQuerySchema.extend({ chamber: CommitteeSchema.shape.chamber.optional() });
export const ListCommitteesResponseSchema = pageOf(CommitteeSchema);

export const GetCommitteeParamsSchema = z.object({ id: z.coerce.number().int() });
export const GetCommitteeResponseSchema = CommitteeSchema.extend({ members: z.array(CommitteeMemberSchema) });

export const UpdateCommitteeRequestSchema = GetCommitteeParamsSchema.extend(UpdateCommitteeSchema.shape);
export const AddMemberRequestSchema = CreateCommitteeMemberSchema.omit({ committeeId: true });
export const ReferBillRequestSchema = CreateCommitteeReferralSchema.omit({ committeeId: true });

export const CommitteeEndpoints = {
  list: {
    method: 'GET',
    path: '/api/committees',
    request: ListCommitteesQuerySchema,
    response: ListCommitteesResponseSchema,
  },
  create: {
    method: 'POST',
    path: '/api/committees',
    request: CreateCommitteeSchema,
    response: CommitteeSchema,
  },
  getById: {
    method: 'GET',
    path: '/api/committees/:id',
    request: GetCommitteeParamsSchema,
    response: GetCommitteeResponseSchema,
  },
  update: {
    method: 'PATCH',
    path: '/api/committees/:id',
    request: UpdateCommitteeRequestSchema,
    response: CommitteeSchema,
  },
  addMember: {
    method: 'POST',
    path: '/api/committees/:id/members',
    request: AddMemberRequestSchema,
    response: CommitteeMemberSchema,
  },
  listReferrals: {
    method: 'GET',
    path: '/api/committees/:id/referrals',
    request: GetCommitteeParamsSchema,
    response: z.array(CommitteeReferralSchema),
  },
  referBill: {
    method: 'POST',
    path: '/api/committees/:id/referrals',
    request: ReferBillRequestSchema,
    response: CommitteeReferralSchema,
  },
} as const satisfies ContractRegistry;
