import { z } from 'zod';

import { bigintId, jsonObject, timestamp } from './shared';

/** Read only: the rows are written by a trigger. */
export const AuditLogSchema = z.object({
  id: bigintId,
  actorId: z.uuid().nullable(),
  action: z.enum(['insert', 'update', 'delete']),
  tableName: z.string().max(63),
  rowId: z.string(),
  oldRow: jsonObject.nullable(),
  newRow: jsonObject.nullable(),
  ipAddress: z.union([z.ipv4(), z.ipv6()]).nullable(),
  occurredAt: timestamp,
});

/** The domain type is what the schema lets through. */
export type AuditLog = z.infer<typeof AuditLogSchema>;
