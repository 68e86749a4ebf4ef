import { z } from 'zod';

import { CHAMBERS } from '../domain/enums';
import { bigintId, emailAddress, timestamp } from './shared';

/** `numeric(5, 2)` between 0 and 100, as the string that the driver returns. */
const percentage = z.string().regex(/^(100(\.0{1,2})?|\d{1,2}(\.\d{1,2})?)$/);

export const SponsorSchema = z.object({
  id: bigintId,
  name: z.string().max(200),
  party: z.string().max(100).nullable(),
  constituency: z.string().max(120),
  chamber: z.enum(CHAMBERS),
  email: emailAddress.nullable(),
  isActive: z.boolean(),
  attendanceRate: percentage.nullable(),
  electedOn: timestamp,
  termEndsOn: timestamp.nullable(),
  createdAt: timestamp,
});

export const CreateSponsorSchema = z.object({
  name: z.string().min(1).max(200),
  party: z.string().max(100).nullish(),
  constituency: z.string().min(1).max(120),
  chamber: z.enum(CHAMBERS),
  email: emailAddress.nullish(),
  attendanceRate: percentage.nullish(),
  electedOn: timestamp,
  termEndsOn: timestamp.nullish(),
});

export const UpdateSponsorSchema = CreateSponsorSchema.partial();

export type CreateSponsor = z.infer<typeof CreateSponsorSchema>;
export type UpdateSponsor = z.infer<typeof UpdateSponsorSchema>;
