import { z } from 'zod';

import { CreateSponsorSchema, SponsorSchema, UpdateSponsorSchema } from '../validation/sponsor';
import { bigintId } from '../validation/shared';
import { PageQuerySchema, pageOf, type ContractRegistry } from './contract';

export const ListSponsorsQuerySchema = PageQuerySchema.extend({
  party: z.string().max(100).optional(),
  chamber: SponsorSchema.shape.chamber.optional(),
});
export const ListSponsorsResponseSchema = pageOf(SponsorSchema);

export const GetSponsorParamsSchema = z.object({ id: bigintId });
export const UpdateSponsorRequestSchema = GetSponsorParamsSchema.extend(UpdateSponsorSchema.shape);

const BASE = '/api/sponsors';

export const SponsorEndpoints: ContractRegistry = {
  list: { method: 'GET', path: BASE, request: ListSponsorsQuerySchema, response: ListSponsorsResponseSchema },
  create: { method: 'POST', path: BASE, request: CreateSponsorSchema, response: SponsorSchema },
  getById: { method: 'GET', path: `${BASE}/:id`, request: GetSponsorParamsSchema, response: SponsorSchema },
  update: { method: 'PUT', path: `${BASE}/:id`, request: UpdateSponsorRequestSchema, response: SponsorSchema },
};
