import { z } from 'zod';

import { bigintId, jsonObject, timestamp } from './shared';

/** A row as the worker reads it from its queue, in the database's own names. */
export const NotificationRowSchema = z.object({
  id: bigintId,
  user_id: z.uuid(),
  bill_id: z.uuid().nullable(),
  channel: z.enum(['email', 'sms', 'push']),
  kind: z.enum(['bill_status', 'comment_reply', 'vote_reminder', 'system']),
  title: z.string().max(150),
  body: z.string(),
  payload: jsonObject,
  attempts: z.number().int().min(0).max(10),
  sent_at: timestamp.nullable(),
  read_at: timestamp.nullable(),
  created_at: timestamp,
});

export const CreateNotificationSchema = z.object({
  userId: z.uuid(),
  billId: z.uuid().nullish(),
  channel: z.enum(['email', 'sms', 'push']),
  kind: z.enum(['bill_status', 'comment_reply', 'vote_reminder', 'system']),
  title: z.string().min(1).max(150),
  body: z.string().min(1),
  payload: jsonObject.default({}),
});

export type CreateNotification = z.infer<typeof CreateNotificationSchema>;
