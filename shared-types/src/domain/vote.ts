import type { NotificationChannel, SubscriptionFrequency, VotePosition } from './enums';
import type { BillId, UserId, VoteId } from './ids';

/** What a citizen thinks of a bill. */
export interface Vote {
  id: VoteId;
  billId: BillId;
  userId: UserId;
  position: VotePosition;
  confidence: number | null;
  rationale: string | null;
  castAt: Date;
}

/** A user who wants to hear of a bill. */
export interface Subscription {
  userId: UserId;
  billId: BillId;
  frequency: SubscriptionFrequency;
  channels: NotificationChannel[];
  createdAt: Date;
}
