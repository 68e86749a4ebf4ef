import { z } from 'zod';

import { BILL_STATUSES, BillType, CHAMBERS } from '../domain/enums';
import { bigintId, jsonObject, timestamp } from './shared';

/** `numeric(14, 2)`, as the string that the driver returns. */
const amount = z.string().regex(/^\d{1,12}(\.\d{1,2})?$/);

export const BillSchema = z.object({
  id: z.uuid(),
  billNumber: z
    .string()
    .max(20)
    .regex(/^[A-Z]{1,4}-[0-9]{1,5}$/),
  title: z.string().min(3).max(500),
  shortTitle: z.string().max(120).nullable(),
  summary: z.string().min(1).max(20000),
  billType: z.enum(BillType),
  status: z.enum(BILL_STATUSES),
  chamber: z.enum(CHAMBERS),
  sessionYear: z.number().int().min(1963).max(2100),
  introducedOn: timestamp.nullable(),
  leadSponsorId: bigintId.nullable(),
  estimatedCost: amount.nullable(),
  viewCount: z.string().regex(/^[0-9]+$/),
  tags: z.array(z.string()),
  metadata: jsonObject.nullable(),
  priority: z.enum(['low', 'normal', 'urgent']),
  createdAt: timestamp,
  updatedAt: timestamp,
});

export const CreateBillSchema = BillSchema.pick({
  billNumber: true,
  title: true,
  summary: true,
  chamber: true,
  sessionYear: true,
}).extend({
  shortTitle: z.string().max(120).nullish(),
  billType: z.enum(BillType).default('public'),
  introducedOn: timestamp.nullish(),
  leadSponsorId: bigintId.nullish(),
  estimatedCost: amount.nullish(),
  tags: z.array(z.string()).default([]),
  priority: z.enum(['low', 'normal', 'urgent']).default('normal'),
});

export const UpdateBillSchema = BillSchema.omit({
  id: true,
  viewCount: true,
  createdAt: true,
  updatedAt: true,
}).partial();

export type CreateBill = z.infer<typeof CreateBillSchema>;
export type UpdateBill = z.infer<typeof UpdateBillSchema>;
