import { z } from 'zod';

import {
  AmendmentSchema,
  BillSponsorSchema,
  BillVersionSchema,
  CreateAmendmentSchema,
  CreateBillSponsorSchema,
  CreateBillVersionSchema,
  UpdateAmendmentSchema,
} from '../validation/bill-parts';
import { BillSchema, CreateBillSchema, UpdateBillSchema } from '../validation/bill';
import { EmptySchema, PageQuerySchema, pageOf, type ContractRegistry } from './contract';

export const ListBillsQuerySchema = PageQuerySchema.extend({
  status: BillSchema.shape.status.optional(),
  chamber: BillSchema.shape.chamber.optional(),
  search: z.string().min(2).max(200).optional(),
});
export const ListBillsResponseSchema = pageOf(BillSchema);

export const GetBillParamsSchema = z.object({ id: z.uuid() });
export const GetBillResponseSchema = BillSchema.extend({
  sponsors: z.array(BillSponsorSchema),
  versions: z.array(BillVersionSchema.omit({ content: true, contentSha256: true })),
});

export const UpdateBillRequestSchema = GetBillParamsSchema.extend(UpdateBillSchema.shape);

export const BillEndpoints = {
  list: { method: 'GET', path: '/api/bills', request: ListBillsQuerySchema, response: ListBillsResponseSchema },
  create: { method: 'POST', path: '/api/bills', request: CreateBillSchema, response: BillSchema },
  getById: { method: 'GET', path: '/api/bills/:id', request: GetBillParamsSchema, response: GetBillResponseSchema },
  update: { method: 'PATCH', path: '/api/bills/:id', request: UpdateBillRequestSchema, response: BillSchema },
  remove: { method: 'DELETE', path: '/api/bills/:id', request: GetBillParamsSchema, response: EmptySchema },
} as const satisfies ContractRegistry;

export const SignBillRequestSchema = CreateBillSponsorSchema.pick({ sponsorId: true, role: true });
export const PublishVersionRequestSchema = CreateBillVersionSchema.omit({ billId: true, contentSha256: true });
export const ProposeAmendmentRequestSchema = CreateAmendmentSchema.omit({ billId: true });
export const AmendmentParamsSchema = GetBillParamsSchema.extend({ amendmentId: z.uuid() });
export const DecideAmendmentRequestSchema = AmendmentParamsSchema.extend(UpdateAmendmentSchema.shape);

/** What belongs to one bill. */
export const BillPartEndpoints = {
  listSponsors: {
    method: 'GET',
    path: '/api/bills/:id/sponsors',
    request: GetBillParamsSchema,
    response: z.array(BillSponsorSchema),
  },
  sign: {
    method: 'POST',
    path: '/api/bills/:id/sponsors',
    request: SignBillRequestSchema,
    response: BillSponsorSchema,
  },
  listVersions: {
    method: 'GET',
    path: '/api/bills/:id/versions',
    request: GetBillParamsSchema,
    response: z.array(BillVersionSchema),
  },
  publishVersion: {
    method: 'POST',
    path: '/api/bills/:id/versions',
    request: PublishVersionRequestSchema,
    response: BillVersionSchema,
  },
  listAmendments: {
    method: 'GET',
    path: '/api/bills/:id/amendments',
    request: GetBillParamsSchema,
    response: z.array(AmendmentSchema),
  },
  proposeAmendment: {
    method: 'POST',
    path: '/api/bills/:id/amendments',
    request: ProposeAmendmentRequestSchema,
    response: AmendmentSchema,
  },
  decideAmendment: {
    method: 'PATCH',
    path: '/api/bills/:id/amendments/:amendmentId',
    request: DecideAmendmentRequestSchema,
    response: AmendmentSchema,
  },
} as const satisfies ContractRegistry;
