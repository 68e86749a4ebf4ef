import type { NotificationChannel, NotificationKind } from './enums';
import type { BillId, NotificationId, UserId } from './ids';

/** A message to one user on one channel. */
export interface Notification {
  id: NotificationId;
  userId: UserId;
  billId: BillId | null;
  channel: NotificationChannel;
  kind: NotificationKind;
  title: string;
  body: string;
  payload: Record<string, unknown>;
  attempts: number;
  sentAt: Date | null;
  readAt: Date | null;
  createdAt: Date;
}

/** A notification as the inbox shows it. */
export type InboxItem = Pick<Notification, 'id' | 'kind' | 'title' | 'body' | 'readAt' | 'createdAt'>;
