/** A value of type `T` that only its own constructor makes: a user's id is no bill's id. */
export type Branded<T, Name extends string> = T & { readonly __brand: Name };

export type UserId = Branded<string, 'UserId'>;
export type BillId = Branded<string, 'BillId'>;
export type BillVersionId = Branded<string, 'BillVersionId'>;
export type AmendmentId = Branded<string, 'AmendmentId'>;
export type CommentId = Branded<string, 'CommentId'>;
export type VoteId = Branded<string, 'VoteId'>;

/** `bigint` columns arrive as strings: JavaScript's numbers end at 2^53. */
export type SponsorId = Branded<string, 'SponsorId'>;
export type ReferralId = Branded<string, 'ReferralId'>;
export type CommentReportId = Branded<string, 'CommentReportId'>;
export type NotificationId = Branded<string, 'NotificationId'>;
export type AuditLogId = Branded<string, 'AuditLogId'>;

export type CommitteeId = Branded<number, 'CommitteeId'>;
