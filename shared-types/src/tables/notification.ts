import type { NotificationChannel, NotificationKind } from '../domain/enums';
import type { BillId, NotificationId, UserId } from '../domain/ids';
import type { JsonObject } from './shared';

/** A row of `notifications`. */
export interface NotificationRow {
  id: NotificationId;
  user_id: UserId;
  bill_id: BillId | null;
  channel: NotificationChannel;
  kind: NotificationKind;
  title: string;
  body: string;
  payload: JsonObject;
  attempts: number;
  sent_at: Date | null;
  read_at: Date | null;
  created_at: Date;
}

export interface NewNotification {
  user_id: UserId;
  bill_id?: BillId | null;
  channel: NotificationChannel;
  kind: NotificationKind;
  title: string;
  body: string;
  payload?: JsonObject;
  attempts?: number;
  sent_at?: Date | null;
  read_at?: Date | null;
  created_at?: Date;
}

export type NotificationUpdate = Partial<Pick<NotificationRow, 'attempts' | 'sent_at' | 'read_at'>>;
