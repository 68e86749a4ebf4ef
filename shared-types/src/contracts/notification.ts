import { z } from 'zod';

import { bigintId, timestamp } from '../validation/shared';
import { EmptySchema, PageQuerySchema, pageOf, type ContractRegistry } from './contract';

export const InboxQuerySchema = PageQuerySchema.extend({ unread: z.stringbool().optional() });

export const InboxItemSchema = z.object({
  id: bigintId,
  kind: z.enum(['bill_status', 'comment_reply', 'vote_reminder', 'system']),
  title: z.string(),
  body: z.string(),
  readAt: timestamp.nullable(),
  createdAt: timestamp,
});
export const InboxResponseSchema = pageOf(InboxItemSchema);

export const NotificationParamsSchema = z.object({ id: bigintId });

export const NotificationEndpoints = {
  inbox: { method: 'GET', path: '/api/notifications', request: InboxQuerySchema, response: InboxResponseSchema },
  markRead: {
    method: 'POST',
    path: '/api/notifications/:id/read',
    request: NotificationParamsSchema,
    response: EmptySchema,
  },
} as const satisfies ContractRegistry;
