import type { CommentStatus, ReportReason } from './enums';
import type { BillId, CommentId, CommentReportId, UserId } from './ids';
import type { User } from './user';

/** What somebody wrote below a bill, or below another comment. */
export interface Comment {
  id: CommentId;
  billId: BillId;
  authorId: UserId | null;
  parentId: CommentId | null;
  body: string;
  language: string;
  status: CommentStatus;
  upvotes: number;
  downvotes: number;
  readonly score: number;
  editedAt: Date | null;
  createdAt: Date;
  author?: User | null;
  replies?: Comment[];
}

export interface CommentReport {
  id: CommentReportId;
  commentId: CommentId;
  reporterId: UserId;
  reason: ReportReason;
  details: string | null;
  resolvedBy: UserId | null;
  resolvedAt: Date | null;
  createdAt: Date;
}
