import { z } from 'zod';

import { AuditLogSchema } from '../validation/audit-log';
import { PageQuerySchema, pageOf, type ContractRegistry } from './contract';

export const SearchAuditLogQuerySchema = PageQuerySchema.extend({
  tableName: z.string().max(63).optional(),
  rowId: z.string().optional(),
});
export const SearchAuditLogResponseSchema = pageOf(AuditLogSchema);

export const AuditLogEndpoints = {
  search: {
    method: 'GET',
    path: '/api/audit-log',
    request: SearchAuditLogQuerySchema,
    response: SearchAuditLogResponseSchema,
  },
} as const satisfies ContractRegistry;
