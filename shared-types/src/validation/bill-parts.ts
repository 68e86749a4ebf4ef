import { z } from 'zod';

import { bigintId, timestamp } from './shared';

export const BillSponsorSchema = z.object({
  billId: z.uuid(),
  sponsorId: bigintId,
  role: z.enum(['primary', 'co_sponsor']),
  signedOn: timestamp,
});

export const CreateBillSponsorSchema = BillSponsorSchema.partial({ role: true, signedOn: true });

export const BillVersionSchema = z.object({
  id: z.uuid(),
  billId: z.uuid(),
  versionNumber: z.number().int().min(1),
  content: z.string(),
  contentSha256: z.instanceof(Uint8Array),
  changeSummary: z.string().max(500).nullable(),
  publishedAt: timestamp,
});

export const CreateBillVersionSchema = BillVersionSchema.omit({ id: true, publishedAt: true }).partial({
  changeSummary: true,
});

export const AmendmentSchema = z.object({
  id: z.uuid(),
  billId: z.uuid(),
  proposedBy: bigintId,
  clause: z.string().max(40),
  proposedText: z.string(),
  justification: z.string().nullable(),
  votesFor: z.number().int().nonnegative().nullable(),
  votesAgainst: z.number().int().nonnegative().nullable(),
  decidedOn: timestamp.nullable(),
  createdAt: timestamp,
});

export const CreateAmendmentSchema = AmendmentSchema.pick({
  billId: true,
  proposedBy: true,
  clause: true,
  proposedText: true,
}).extend({ justification: z.string().nullish() });

export const UpdateAmendmentSchema = AmendmentSchema.pick({
  votesFor: true,
  votesAgainst: true,
  decidedOn: true,
}).partial();

export type CreateBillSponsor = z.infer<typeof CreateBillSponsorSchema>;
export type CreateBillVersion = z.infer<typeof CreateBillVersionSchema>;
export type CreateAmendment = z.infer<typeof CreateAmendmentSchema>;
export type UpdateAmendment = z.infer<typeof UpdateAmendmentSchema>;
