/** Mirrors the type `user_role`. */
export enum UserRole {
  Citizen = 'citizen',
  Expert = 'expert',
  Moderator = 'moderator',
  Admin = 'admin',
}

export const USER_STATUSES = ['active', 'suspended', 'deleted'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

export type AnonymityLevel = 'public' | 'pseudonymous' | 'anonymous';

export const CHAMBERS = ['national_assembly', 'senate'] as const;
export type Chamber = (typeof CHAMBERS)[number];

/** Mirrors the type `bill_status`, in the order in which a bill passes through it. */
export const BILL_STATUSES = [
  'draft',
  'introduced',
  'in_committee',
  'second_reading',
  'third_reading',
  'passed',
  'assented',
  'rejected',
  'withdrawn',
] as const;
export type BillStatus = (typeof BILL_STATUSES)[number];

export const BillType = {
  Public: 'public',
  Private: 'private',
  Money: 'money',
  Constitutional: 'constitutional',
} as const;
export type BillType = (typeof BillType)[keyof typeof BillType];

export type BillPriority = 'low' | 'normal' | 'urgent';

export type SponsorRole = 'primary' | 'co_sponsor';

export type CommitteeRole = 'chair' | 'vice_chair' | 'member';

export type ReferralOutcome = 'recommended' | 'amended' | 'not_recommended';

export enum CommentStatus {
  Visible = 'visible',
  Flagged = 'flagged',
  Hidden = 'hidden',
}

export const REPORT_REASONS = ['spam', 'abuse', 'off_topic', 'misinformation'] as const;
export type ReportReason = (typeof REPORT_REASONS)[number];

export const VOTE_POSITIONS = ['support', 'oppose', 'abstain'] as const;
export type VotePosition = (typeof VOTE_POSITIONS)[number];

export type NotificationChannel = 'email' | 'sms' | 'push';

export type NotificationKind = 'bill_status' | 'comment_reply' | 'vote_reminder' | 'system';

export type SubscriptionFrequency = 'instant' | 'daily' | 'weekly';

export type AuditAction = 'insert' | 'update' | 'delete';
