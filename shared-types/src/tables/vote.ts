import type { NotificationChannel, SubscriptionFrequency, VotePosition } from '../domain/enums';
import type { BillId, UserId, VoteId } from '../domain/ids';

/** A row of `votes`. */
export interface VoteRow {
  id: VoteId;
  bill_id: BillId;
  user_id: UserId;
  position: VotePosition;
  confidence: number | null;
  rationale: string | null;
  cast_at: Date;
}

export type NewVote = Omit<VoteRow, 'id' | 'confidence' | 'rationale' | 'cast_at'> &
  Partial<Pick<VoteRow, 'id' | 'confidence' | 'rationale' | 'cast_at'>>;

/** A row of `subscriptions`. */
export interface SubscriptionRow {
  user_id: UserId;
  bill_id: BillId;
  frequency: SubscriptionFrequency;
  channels: NotificationChannel[];
  created_at: Date;
}

export interface NewSubscription {
  user_id: UserId;
  bill_id: BillId;
  frequency?: SubscriptionFrequency;
  channels?: NotificationChannel[];
  created_at?: Date;
}
